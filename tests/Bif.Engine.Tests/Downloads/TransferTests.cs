using System.Security.Cryptography;
using Bif.Engine.Downloads;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Downloads;

public sealed class TransferTests : IDisposable
{
    private static readonly byte[] Content = Enumerable.Range(0, 300_000).Select(index => (byte)((index * 31) ^ (index >> 8))).ToArray();
    private static readonly Checksum Right = new("sha256", Convert.ToHexStringLower(SHA256.HashData(Content)));
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_cut_connection_is_continued_and_no_byte_comes_twice()
    {
        var requests = 0;
        using var server = new LoopbackServer(request => LoopbackServer.File(request, Content, cut: ++requests <= 3 ? 70_000 : null));
        Assert.Equal(Content.Length, await Fetch(server, Right));
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.At("file")));
        Assert.Equal([null, 70_000, 140_000, 210_000], server.Requests.Select(request => request.From));
        Assert.All(server.Requests.Skip(1), request => Assert.Equal("\"one\"", request.Headers["if-range"]));
        Assert.Equal(["file"], Directory.EnumerateFiles(_folder.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task An_interrupted_download_goes_on_in_another_call()
    {
        using var cutting = new LoopbackServer(request => LoopbackServer.File(request, Content, cut: 100_000));
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Fetch(cutting, Right, arrived: bytes =>
        {
            if (bytes >= 100_000)
            {
                cancellation.Cancel();
            }
        }, cancellation: cancellation.Token));
        Assert.False(File.Exists(_folder.At("file")));
        Assert.InRange(new FileInfo(_folder.At("file.part")).Length, 1, Content.Length - 1);

        // Another server: the checksum tells whether the part was of the same file.
        using var whole = new LoopbackServer(request => LoopbackServer.File(request, Content, tag: null));
        Assert.InRange(await Fetch(whole, Right), 1, Content.Length - 1);
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.At("file")));
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_of_it_again()
    {
        var requests = 0;
        using var server = new LoopbackServer(_ => new(200, Content, ["ETag: \"one\""], ++requests == 1 ? 50_000 : null));
        await Fetch(server, Right);
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.At("file")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_changes_in_between_is_fetched_anew(bool honoursCondition)
    {
        var (requests, older) = (0, Content.Select(value => (byte)~value).ToArray());
        using var server = new LoopbackServer(request =>
        {
            if (++requests == 1)
            {
                return LoopbackServer.File(request, older, "\"old\"", cut: 90_000);
            }

            var asked = honoursCondition || request.From is null ? request : new(request.Path, new Dictionary<string, string> { ["range"] = request.Headers["range"] });
            return LoopbackServer.File(asked, Content, "\"new\"");
        });
        await Fetch(server, checksum: null);
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.At("file")));
    }

    [Fact]
    public async Task A_continued_file_with_wrong_bytes_is_fetched_once_more_from_its_beginning()
    {
        await File.WriteAllBytesAsync(_folder.At("file.part"), new byte[1000]);
        using var server = new LoopbackServer(request => LoopbackServer.File(request, Content));
        await Fetch(server, Right);
        Assert.Equal(Content, await File.ReadAllBytesAsync(_folder.At("file")));
        Assert.Equal([1000, null], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Wrong_bytes_are_refused_and_not_kept()
    {
        using var server = new LoopbackServer(request => LoopbackServer.File(request, new byte[Content.Length]));
        await Refused(server, Right, "other bytes than its source states");
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.Root, "file*"), file => !file.EndsWith(".json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stated_length_that_is_too_long_ends_after_some_attempts()
    {
        using var server = new LoopbackServer(_ => new(200, Content, null, null, Content.Length + 500));
        await Refused(server, null, "broke off", "times in a row");
    }

    [Fact]
    public async Task A_stated_length_that_is_too_short_does_not_pass_for_the_file()
    {
        using var server = new LoopbackServer(request => LoopbackServer.File(request, Content) with { Length = 1000 });
        await Refused(server, Right, "other bytes");
    }

    [Fact]
    public async Task A_length_other_than_the_listed_one_is_refused_before_anything_is_stored()
    {
        using var server = new LoopbackServer(_ => new(200, "<html>Please sign in</html>"u8.ToArray()));
        await Refused(server, Right, "where its source states 300,000", bytes: Content.Length);
    }

    [Fact]
    public async Task More_than_is_allowed_is_not_stored()
    {
        using var server = new LoopbackServer(request => LoopbackServer.File(request, Content));
        await Refused(server, null, "goes on after 200,000 bytes", room: 200_000);
        Assert.True(!File.Exists(_folder.At("file.part")) || new FileInfo(_folder.At("file.part")).Length == 0);
    }

    [Theory]
    [InlineData(404, "is not there")]
    [InlineData(403, "not public")]
    [InlineData(407, "The proxy asks for a name")]
    [InlineData(418, "is no file")]
    public async Task Refusals_are_not_tried_again(int status, string sentence)
    {
        using var server = new LoopbackServer(_ => new(status, []));
        await Refused(server, Right, sentence);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        var requests = 0;
        using var server = new LoopbackServer(request => ++requests == 1 ? new(429, [], ["Retry-After: 1"]) : LoopbackServer.File(request, Content));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Fetch(server, Right);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 20);
        Assert.Contains(_said, said => said.Contains("429; again in 1 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_asks_for_an_hour_is_not_waited_for()
    {
        using var server = new LoopbackServer(_ => new(429, [], ["Retry-After: 3600"]));
        await Refused(server, Right, "asks to wait 60 minutes");
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Redirections_keep_the_range()
    {
        await File.WriteAllBytesAsync(_folder.At("file.part"), Content[..1000]);
        using var store = new LoopbackServer(request => LoopbackServer.File(request, Content));
        using var server = new LoopbackServer(_ => new(302, [], [$"Location: {store.Address}/elsewhere"]));
        Assert.Equal(Content.Length - 1000, await Fetch(server, Right));
        Assert.Equal([1000], store.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Redirections_in_a_circle_end()
    {
        using var server = new LoopbackServer(_ => new(302, [], ["Location: /again"]));
        await Refused(server, Right, "302");
    }

    [Fact]
    public async Task A_silent_server_counts_as_gone()
    {
        using var server = new LoopbackServer(_ =>
        {
            Thread.Sleep(5000);
            return new(200, []);
        });
        await Refused(server, Right, "does not answer", settings: Settings with { Attempts = 2, Patience = TimeSpan.FromMilliseconds(200) });
    }

    [Fact]
    public async Task A_proxy_is_asked_for_everything()
    {
        using var proxy = new LoopbackServer(request => LoopbackServer.File(request, Content));
        var settings = Settings with { Proxy = proxy.Address };
        using var client = settings.Client();
        await new Transfer(new Requests(client, settings), settings, _said.Add).Fetch(
            new(new Uri("http://files.example/file"), "file", null, Right), _folder.Root, long.MaxValue, (_, _) => { }, default);
        Assert.Equal(["http://files.example/file"], proxy.Requests.Select(request => request.Path));
    }

    private static DownloadSettings Settings { get; } = new() { Attempts = 4, FirstPause = TimeSpan.FromMilliseconds(1), Patience = TimeSpan.FromSeconds(10) };

    private async Task<long> Fetch(LoopbackServer server, Checksum? checksum, long? bytes = null, long room = long.MaxValue, Action<long>? arrived = null, DownloadSettings? settings = null, CancellationToken cancellation = default)
    {
        settings ??= Settings;
        using var client = settings.Client();
        return await new Transfer(new Requests(client, settings), settings, _said.Add).Fetch(
            new(new Uri(server.Address + "/file"), "file", bytes, checksum), _folder.Root, room, (here, _) => arrived?.Invoke(here), cancellation);
    }

    private async Task Refused(LoopbackServer server, Checksum? checksum, string sentence, string also = "", long? bytes = null, long room = long.MaxValue, DownloadSettings? settings = null)
    {
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(server, checksum, bytes, room, settings: settings));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Contains(also, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("file")));
    }
}
