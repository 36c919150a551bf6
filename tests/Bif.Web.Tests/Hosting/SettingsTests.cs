using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Hosting;

/// <summary>The operator's settings.</summary>
public sealed class SettingsTests
{
    [Fact]
    public async Task Every_wrong_setting_is_named_at_once()
    {
        using var folder = new TemporaryFolder();
        var (code, said) = await Application.GiveUp(
            folder.Root, "--Urls", "http://0.0.0.0:5999", "--Bif:Roles:0", "boss", "--Bif:CpuSlots", "-1", "--Bif:Roots:0", "/not/there", "--Bif:CpuSlot", "2",
            "--Bif:KnownProxies:0", "my proxy", "--Bif:ProxyIdentityHeader", "who is it");
        Assert.Equal(2, code);
        Assert.Contains("Bif:Roles", said, StringComparison.Ordinal);
        Assert.Contains("Bif:CpuSlots", said, StringComparison.Ordinal);
        Assert.Contains("/not/there", said, StringComparison.Ordinal);
        Assert.Contains("Bif:CpuSlot is no setting", said, StringComparison.Ordinal);
        Assert.Contains("Bif:KnownProxies holds \"my proxy\"", said, StringComparison.Ordinal);
        Assert.Contains("Bif:ProxyIdentityHeader is \"who is it\"", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Urls")]
    [InlineData("--Kestrel:Endpoints:Http:Url")]
    public async Task Other_machines_may_connect_only_where_an_admin_token_is_set(string key)
    {
        using var folder = new TemporaryFolder();
        var (code, said) = await Application.GiveUp(folder.Root, key, "http://0.0.0.0:5999");
        Assert.Equal(2, code);
        Assert.Contains($"{key[2..]} holds http://0.0.0.0:5999", said, StringComparison.Ordinal);
        Assert.Contains("Bif:AdminToken", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_during_the_start_stops_it_cleanly_with_its_database()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        var postmaster = folder.At("data/postgres/data/postmaster.pid");
        Assert.Equal(0, await Application.StopEarly(folder.At("data"), () => Directory.Exists(folder.At("data/postgres"))));
        Assert.Equal(0, await Application.StopEarly(folder.At("data"), () => File.Exists(postmaster)));
        Assert.False(File.Exists(postmaster));
    }

    [Fact]
    public async Task With_an_admin_token_everything_but_health_reports_and_files_asks_for_it()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using var application = await Application.Start(folder.At("data"), "--Bif:AdminToken", "0123456789abcdef", "--Logging:LogLevel:Microsoft.AspNetCore", "Information");
        var client = application.Client;
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/runs")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/hubs/runs/negotiate", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/app.css")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/r/" + new string('A', 22))).StatusCode);
        foreach (var path in new[] { "/nothing.css", "/not-found", "/error", $"/r/{new string('A', 22)}/no/such/part" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/openapi/v1.json")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/hubs/runs/negotiate?access_token=0123456789abcdeX", null)).StatusCode);
        var page = await client.GetAsync("/jobs");
        Assert.Equal("/sign-in", page.RequestMessage!.RequestUri!.AbsolutePath);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong-0123456789");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/runs")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/runs")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/hubs/runs/negotiate?negotiateVersion=1&access_token=0123456789abcdef", null)).StatusCode);

        // Who asks for lines about requests gets them without a secret.
        Assert.Contains("GET /api/v1/runs answered 200", application.Said, StringComparison.Ordinal);
        Assert.Contains("GET /r/- answered 404", application.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcde", application.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAAAAAA", application.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_sign_in_by_a_form_that_is_new_and_out_again()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using var application = await Application.Start(folder.At("data"), "--Bif:AdminToken", "0123456789abcdef");
        var client = application.Client;
        var stale = await client.PostAsync("/sign-in", Form(("token", "0123456789abcdef"), ("to", "/jobs")));
        var html = await stale.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, stale.StatusCode);
        Assert.Contains("here is a new one", html, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", application.Said, StringComparison.Ordinal);

        var signed = await client.PostAsync("/sign-in", Form(("__RequestVerificationToken", Regex.Match(html, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value), ("token", "0123456789abcdef"), ("to", "/jobs")));
        Assert.Equal("/jobs", signed.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("action=\"/sign-out\"", await signed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await client.PostAsync("/sign-out", null);
        Assert.Equal("/sign-in", (await client.GetAsync("/jobs")).RequestMessage!.RequestUri!.AbsolutePath);

        // More than thirty forms a minute are refused with a page that says so, or with a problem.
        HttpResponseMessage answer;
        for (var attempt = 0; attempt < 70 && (answer = await client.PostAsync("/sign-in", Form(("token", "x")))).StatusCode != HttpStatusCode.TooManyRequests; attempt++)
        {
        }

        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        answer = await client.PostAsync("/sign-in", Form(("token", "x")));
        Assert.Equal((HttpStatusCode.TooManyRequests, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("wait a minute", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_proxy_s_word_on_who_somebody_is_counts_and_nobody_else_s()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using (var known = await Application.Start(folder.At("data"), "--Bif:ProxyIdentityHeader", "X-Forwarded-User", "--Bif:KnownProxies:0", "127.0.0.0/8"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await known.Client.GetAsync("/api/v1/runs")).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await known.Client.GetAsync("/")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await known.Client.GetAsync("/health/live")).StatusCode);
            known.Client.DefaultRequestHeaders.Add("X-Forwarded-User", "ada");
            Assert.Equal(HttpStatusCode.OK, (await known.Client.GetAsync("/api/v1/runs")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await known.Client.GetAsync("/")).StatusCode);
        }

        await using var other = await Application.Start(folder.At("data"), "--Bif:ProxyIdentityHeader", "X-Forwarded-User", "--Bif:KnownProxies:0", "192.0.2.7", "--Bif:AdminToken", "0123456789abcdef");
        other.Client.DefaultRequestHeaders.Add("X-Forwarded-User", "ada");
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.Client.GetAsync("/api/v1/runs")).StatusCode);
        other.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await other.Client.GetAsync("/api/v1/runs")).StatusCode);
    }

    [Fact]
    public async Task Guessing_tokens_ends_after_thirty_a_minute_and_the_hub_takes_the_token_as_its_client_sends_it()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using var application = await Application.Start(folder.At("data"), "--Bif:AdminToken", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await application.Client.PostAsync("/hubs/runs/negotiate?negotiateVersion=1&access_token=0123456789abcdef", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await application.Client.GetAsync("/api/v1/runs?access_token=0123456789abcdef")).StatusCode);
        var guesses = 0;
        while (guesses < 100 && await Guess(guesses) == HttpStatusCode.Unauthorized)
        {
            guesses++;
        }

        // Thirty, and as many again where a busy machine reaches the next minute on the way.
        Assert.InRange(guesses, 30, 60);
        Assert.Equal(HttpStatusCode.TooManyRequests, await Guess(1));
        application.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await application.Client.GetAsync("/api/v1/runs")).StatusCode);

        // By a header, by the hub's query, by the cookie.
        async Task<HttpStatusCode> Guess(int number)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, number % 3 == 1 ? "/hubs/runs?access_token=wrong-0123456789" : "/api/v1/runs");
            if (number % 3 == 0)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "wrong-0123456789");
            }
            else if (number % 3 == 2)
            {
                request.Headers.Add("Cookie", "bif-admin=wrong");
            }

            using var answer = await application.Client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
}
