using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Bif.Web.Tests.Reports;

[Collection("application")]
public sealed class ReportTests(RunningApplication running)
{
    private HttpClient Client => running.Application.Client;

    [Fact]
    public async Task A_report_is_read_without_script_and_stays_when_the_run_s_folder_is_gone()
    {
        var run = await running.Application.Order(running.Pictures.Order(draws: 40, name: "to be deleted"));
        await running.Application.Finished(run);
        var (_, url) = await Take(run, 2);
        Directory.Delete(running.RunFolder.Replace($"{running.Run:N}", $"{run:N}", StringComparison.Ordinal), recursive: true);

        using var page = await Client.GetAsync(url);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("noindex, nofollow", page.Headers.GetValues("X-Robots-Tag").Single());
        Assert.DoesNotContain("blazor", html, StringComparison.OrdinalIgnoreCase);
        foreach (var part in new[] { "Provenance", "model hash", "seed", "effective draws", "reliability", "code of this host", "How to read this" })
        {
            Assert.Contains(part, html, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync(url + "/images/query")).StatusCode);

        var json = await running.Application.Get(url + "/report.json");
        var best = json.GetProperty("report").GetProperty("helpful")[0];
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"{url}/images/item-{best.GetProperty("item").GetInt32()}")).StatusCode);
        var csv = (await Client.GetStringAsync(url + "/scores.csv")).Trim().Split('\n');
        Assert.Equal(TinyPictures.Train + 1, csv.Length);
        Assert.Equal("item,correlation,correlation_se,bif,bif_se,label,class", csv[0]);
        Assert.Equal((new[] { "red", "green", "blue" }[7 % 3], $"{7 % 3}"), (csv[8].Split(',')[6], csv[8].Split(',')[5]));
        var npy = await Client.GetByteArrayAsync(url + "/correlation.npy");
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(npy.AsSpan(npy.Length - (4 * TinyPictures.Train))).ToArray();
        Assert.Equal(values.Max(), best.GetProperty("correlation").GetSingle());
        Assert.Equal(values.Max(), csv.Skip(1).Max(line => float.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_link_ends_when_it_is_revoked_and_wrong_ones_tell_nothing()
    {
        var (id, url) = await Take(running.Run, 0);
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync(url)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Client.DeleteAsync($"/api/v1/reports/{id}")).StatusCode);
        using var revoked = await Client.GetAsync(url);
        using var wrong = await Client.GetAsync("/r/" + new string('A', 22));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (revoked.StatusCode, wrong.StatusCode));
        Assert.Equal(await wrong.Content.ReadAsStringAsync(), await revoked.Content.ReadAsStringAsync());
        using var part = await Client.GetAsync(url + "/scores.csv");
        Assert.Equal(HttpStatusCode.NotFound, part.StatusCode);
        Assert.Contains("the link is wrong", (await part.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.DeleteAsync($"/api/v1/reports/{id}")).StatusCode);
    }

    [Fact]
    public async Task A_link_ends_with_its_term()
    {
        var (id, url) = await Take(running.Run, 3);
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync(url)).StatusCode);
        await using var source = running.Database;
        await using var command = source.CreateCommand("update reports set expires_at = now() - interval '1 second' where id = $1 and expires_at > now() + interval '6 days'");
        command.Parameters.Add(new() { Value = id });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync(url)).StatusCode);
    }

    [Fact]
    public async Task Only_an_embedded_report_may_be_framed()
    {
        var (_, url) = await Take(running.Run, 1);
        using var plain = await Client.GetAsync(url);
        using var embedded = await Client.GetAsync(url + "?embed");
        Assert.Contains("frame-ancestors 'none'", plain.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors *", embedded.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_of_what_is_not_there_gets_one_sentence()
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/reports", new { run = running.Run, query = 4000 });
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is no ranking of query 4000", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<(Guid Id, string Url)> Take(Guid run, int query)
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/reports", new { run, query, title = "A <b>title</b>", days = 7 });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, body.ToString());
        return (body.GetProperty("id").GetGuid(), body.GetProperty("url").GetString()!);
    }
}
