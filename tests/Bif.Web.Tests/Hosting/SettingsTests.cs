using System.Net;
using System.Net.Http.Headers;
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
    public async Task With_an_admin_token_everything_but_health_reports_and_files_asks_for_it()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using var application = await Application.Start(folder.At("data"), "--Bif:AdminToken", "0123456789abcdef");
        var client = application.Client;
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/runs")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/hubs/runs/negotiate", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/app.css")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/r/" + new string('A', 22))).StatusCode);
        var page = await client.GetAsync("/jobs");
        Assert.Equal("/sign-in", page.RequestMessage!.RequestUri!.AbsolutePath);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong-0123456789");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/runs")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/runs")).StatusCode);
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
        application.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong-0123456789");
        var guesses = 0;
        while (guesses < 100 && (await application.Client.GetAsync("/api/v1/runs")).StatusCode == HttpStatusCode.Unauthorized)
        {
            guesses++;
        }

        // Thirty, and as many again where a busy machine reaches the next minute on the way.
        Assert.InRange(guesses, 30, 60);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await application.Client.GetAsync("/api/v1/runs")).StatusCode);
        application.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal(HttpStatusCode.OK, (await application.Client.GetAsync("/api/v1/runs")).StatusCode);
    }
}
