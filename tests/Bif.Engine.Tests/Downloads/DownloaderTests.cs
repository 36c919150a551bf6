using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Bif.Engine.Downloads;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Downloads;

public sealed class DownloaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_comes_with_the_files_that_are_read_and_no_others()
    {
        var hub = Hub(("README.md", 10), ("model.safetensors", 200_000), ("pytorch_model.bin", 200_000), ("tokenizer.json", 5_000), ("flax_model.msgpack", 5_000));
        using var server = new LoopbackServer(hub.Answer);
        var result = await Fetch(server, "hf:owner/model");
        Assert.Equal(_folder.At("owner/model"), result.Folder);
        Assert.True(result is { IsModel: true, WasThere: false });
        Assert.Equal(["config.json", "model.safetensors", "source.json", "tokenizer.json"], Names(result.Folder));
        Assert.Equal(["model"], Directory.EnumerateDirectories(_folder.At("owner")).Select(Path.GetFileName));
        Assert.Contains(HubServer.Commit, await File.ReadAllTextAsync(Path.Combine(result.Folder, "source.json")), StringComparison.Ordinal);

        var asked = server.Requests.Count;
        Assert.True((await Fetch(server, "hf:owner/model")).WasThere);
        Assert.Equal(asked, server.Requests.Count);
    }

    [Fact]
    public async Task Shards_come_with_their_index()
    {
        var hub = Hub(("model-00001-of-00002.safetensors", 3000), ("model-00002-of-00002.safetensors", 3000), ("model.safetensors.index.json", 100));
        using var server = new LoopbackServer(hub.Answer);
        var result = await Fetch(server, "hf:owner/model@v1.0");
        Assert.Equal(["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "source.json"], Names(result.Folder));
        Assert.Contains(server.Requests, request => request.Path.EndsWith("/revision/v1.0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_interrupted_model_is_no_model_yet_and_goes_on_where_it_stopped()
    {
        var hub = Hub(("model.safetensors", 200_000));
        hub.Instead["model.safetensors"] = request => new(503, []);
        using var server = new LoopbackServer(hub.Answer);
        await Refused(server, "hf:owner/model", "answers 503");
        Assert.False(Directory.Exists(_folder.At("owner/model")));
        Assert.Equal(["hf:owner/model"], Downloader.Unfinished(_folder.Root));
        hub.Instead.Clear();
        await Fetch(server, "hf:owner/model");
        Assert.Single(server.Requests, request => request.Path.EndsWith("/config.json", StringComparison.Ordinal));
        Assert.Empty(Downloader.Unfinished(_folder.Root));
    }

    [Theory]
    [InlineData("pytorch_model.bin", "only as a pickle")]
    [InlineData("notes.txt", "has no model.safetensors")]
    public async Task Without_safetensors_nothing_is_fetched(string file, string sentence)
    {
        using var server = new LoopbackServer(Hub((file, 5000)).Answer);
        await Refused(server, "hf:owner/model", sentence);
        Assert.DoesNotContain(server.Requests, request => request.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_type_that_is_not_known_is_refused_before_its_weights_come()
    {
        using var server = new LoopbackServer(new HubServer("owner/model", new() { ["config.json"] = """{"model_type": "mamba"}"""u8.ToArray(), ["model.safetensors"] = new byte[5000] }).Answer);
        await Refused(server, "hf:owner/model", "model type \"mamba\"");
        Assert.DoesNotContain(server.Requests, request => request.Path.EndsWith(".safetensors", StringComparison.Ordinal));
        Assert.Empty(Downloader.Unfinished(_folder.Root));
    }

    [Fact]
    public async Task A_page_in_place_of_the_hub_is_named_as_that()
    {
        using var server = new LoopbackServer(_ => new(200, "<html>Please sign in</html>"u8.ToArray()));
        await Refused(server, "hf:owner/model", "does not answer as the Hugging Face hub does");
    }

    [Theory]
    [InlineData("hf:model")]
    [InlineData("hf:../../etc/passwd")]
    [InlineData("hf:owner/..")]
    [InlineData("hf:owner/model/extra")]
    [InlineData("hf:owner/model@../x")]
    [InlineData("hf:owner/model\n")]
    [InlineData("imagenet")]
    [InlineData("../cifar10")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_refused_without_a_request(string what)
    {
        using var server = new LoopbackServer(_ => new(404, []));
        await Refused(server, what, "give hf:OWNER/NAME");
        Assert.Empty(server.Requests);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Data_sets_come_from_a_mirror_by_their_files_names_and_their_published_checksums_hold()
    {
        using var server = new LoopbackServer(request => LoopbackServer.File(request, new byte[5000]));
        await Refused(server, "mnist", "md5");
        Assert.Equal(["/sets/train-images-idx3-ubyte.gz"], server.Requests.Select(request => request.Path));
    }

    [SharedDataFact("text/tinyshakespeare.txt")]
    public async Task A_data_set_that_is_right_is_stored()
    {
        var text = await File.ReadAllBytesAsync(SharedData.At("text/tinyshakespeare.txt"));
        var requests = 0;
        using var server = new LoopbackServer(request => LoopbackServer.File(request, text, cut: requests++ == 0 ? 400_000 : null));
        var result = await Fetch(server, "tinyshakespeare");
        Assert.Equal(text, await File.ReadAllBytesAsync(Path.Combine(result.Folder, "tinyshakespeare.txt")));
        Assert.Equal(text.Length, result.Bytes);
        Assert.Equal([Path.Combine(result.Folder, "tinyshakespeare.txt")], result.Paths);
    }

    [Fact]
    public void Only_named_plain_files_leave_an_archive()
    {
        var archive = Archive(
            Plain("set/../../evil.bin", "evil"), new PaxTarEntry(TarEntryType.SymbolicLink, "set/link.bin") { LinkName = "/etc/passwd" },
            Plain("/set/b.bin", "absolute"), Plain("set/a.bin", "right"), Plain("set/other.bin", "other"));
        TarExtraction.Extract(archive, ["set/a.bin"], _folder.At("out"), 1 << 20, default);
        Assert.Equal(["a.bin"], Directory.EnumerateFileSystemEntries(_folder.At("out")).Select(Path.GetFileName));
        Assert.Equal("right", File.ReadAllText(_folder.At("out/a.bin")));
        var error = Assert.Throws<InputException>(() => TarExtraction.Extract(archive, ["set/a.bin", "set/link.bin"], _folder.At("out"), 1 << 20, default));
        Assert.Contains("lacks set/link.bin", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_unpacks_to_too_much_is_refused()
    {
        var archive = Archive(Plain("set/padding", new string('x', 100_000)), Plain("set/a.bin", "right"));
        Assert.Contains("unpacks to more", Assert.Throws<InputException>(() => TarExtraction.Extract(archive, ["set/a.bin"], _folder.At("out"), 50_000, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_is_refused()
    {
        var archive = Archive(Plain("set/a.bin", new string('x', 100_000)));
        File.WriteAllBytes(archive, File.ReadAllBytes(archive)[..60]);
        Assert.Contains("archive", Assert.Throws<InputException>(() => TarExtraction.Extract(archive, ["set/a.bin"], _folder.At("out"), 1 << 20, default)).Message, StringComparison.Ordinal);
    }

    private static PaxTarEntry Plain(string name, string content) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    private string Archive(params TarEntry[] entries)
    {
        Directory.CreateDirectory(_folder.At("out"));
        var path = _folder.At("archive.tar.gz");
        using var stream = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        using var writer = new TarWriter(stream);
        Array.ForEach(entries, writer.WriteEntry);
        return path;
    }

    private static HubServer Hub(params (string Name, int Bytes)[] files) => new(
        "owner/model",
        files.Select(file => (file.Name, Content: Enumerable.Range(0, file.Bytes).Select(index => (byte)index).ToArray()))
            .Append((Name: "config.json", Content: """{"model_type": "gpt_neox"}"""u8.ToArray())).ToDictionary(file => file.Name, file => file.Content));

    private static string[] Names(string folder) => [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private Task<DownloadResult> Fetch(LoopbackServer server, string what) =>
        new Downloader(new() { Mirror = server.Address, DataMirror = server.Address + "/sets", Attempts = 3, FirstPause = TimeSpan.FromMilliseconds(1) }).Fetch(what, _folder.Root, null, default);

    private async Task Refused(LoopbackServer server, string what, string sentence) =>
        Assert.Contains(sentence, (await Assert.ThrowsAsync<InputException>(() => Fetch(server, what))).Message, StringComparison.Ordinal);
}
