using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Reports;

/// <summary>A shared report where everything else asks for the admin token.</summary>
public sealed class OpenReportTests
{
    [Fact]
    public async Task A_report_is_read_without_login_at_most_six_hundred_times_a_minute()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        var pictures = TinyPictures.Write(folder.At("pictures"));
        await using var application = await Application.Start(folder.At("data"), "--Bif:Roots:0", folder.At("pictures"), "--Bif:AdminToken", "0123456789abcdef");
        application.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        var run = await application.Order(pictures.Order(draws: 20));
        await application.Finished(run);
        using var taken = await application.Client.PostAsJsonAsync("/api/v1/reports", new { run, query = 0 });
        var link = (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("url").GetString()!;

        using var anybody = new HttpClient { BaseAddress = application.Client.BaseAddress };
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(link)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(link + "/images/query")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(link + "/scores.csv")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.GetAsync($"/api/v1/runs/{run}")).StatusCode);

        // As many again where a busy machine reaches the next minute on the way.
        var asked = 3;
        while (asked < 1300 && (await anybody.GetAsync(link + "/images/none")).StatusCode == HttpStatusCode.NotFound)
        {
            asked++;
        }

        Assert.InRange(asked, 600, 1200);
        using var part = await anybody.GetAsync(link + "/images/none");
        Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (part.StatusCode, part.Content.Headers.ContentType!.MediaType));
        anybody.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var page = await anybody.GetAsync(link);
        Assert.Equal((HttpStatusCode.TooManyRequests, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
        Assert.Contains("wait a minute", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
