using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Bif.Web.Tests.Api;

[Collection("application")]
public sealed class UploadTests(RunningApplication running)
{
    private string Uploads => Path.Combine(running.DataFolder, "uploads");

    [Fact]
    public async Task A_model_and_data_that_are_uploaded_can_be_run()
    {
        var zip = Zip(archive =>
        {
            foreach (var file in Directory.EnumerateFiles(running.Pictures.Data).Concat(Directory.EnumerateFiles(running.Pictures.Model)))
            {
                archive.CreateEntryFromFile(file, "bundle/" + Path.GetRelativePath(running.Pictures.Data, file));
            }
        });
        using var answer = await Send(zip, "my bundle.zip");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var stored = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("uploads/my-bundle", stored.GetProperty("folder").GetString());
        var (model, data) = (Only(stored, "models"), Only(stored, "data"));
        var library = await running.Application.Get("/api/v1/library");
        Assert.Contains(library.GetProperty("models").EnumerateArray(), each => each.GetProperty("path").GetString() == model);
        using var order = await running.Application.Client.PostAsJsonAsync(
            "/api/v1/runs", new { model, data = data + "@train", queries = data + "@test", sampler = "sgld", epsilon = 2e-4, nbeta = 90.0, gamma = 100.0, batch = 0, chains = 2, draws = 8 });
        Assert.Equal(HttpStatusCode.Created, order.StatusCode);
        await running.Application.Finished((await order.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task A_table_comes_as_it_is()
    {
        using var answer = await Send(Encoding.UTF8.GetBytes("x,y\n1,2\n3,4\n"), "table.csv");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("x,y\n1,2\n3,4\n", await File.ReadAllTextAsync(Only(await answer.Content.ReadFromJsonAsync<JsonElement>(), "data")));
    }

    [Theory]
    [InlineData("../evil.csv", "would lie outside")]
    [InlineData("/etc/evil.csv", "would lie outside")]
    [InlineData("a/../../evil.csv", "would lie outside")]
    [InlineData("a\\..\\..\\evil.csv", "would lie outside")]
    [InlineData("model/model.pt", "is not taken")]
    [InlineData("a/b/c/d/e/f/g/h/i/deep.csv", "is not taken")]
    [InlineData("nothing.md", "holds no model")]
    public async Task What_should_not_be_in_an_archive_gets_one_sentence_and_leaves_nothing(string entry, string sentence)
    {
        await Refused(Zip(archive => Write(archive, entry, "x,y\n1,2\n")), "hostile.zip", sentence);
        Assert.False(File.Exists(Path.Combine(running.DataFolder, "evil.csv")) || File.Exists(Path.Combine(Uploads, "evil.csv")));
    }

    [Fact]
    public async Task Weights_that_can_carry_programs_are_refused_whatever_they_are_called() => await Refused(
        Zip(archive =>
        {
            Write(archive, "m/config.json", "{}");
            Write(archive, "m/pytorch_model.bin", "weights");
        }),
        "pickle.zip", "save them as .safetensors");

    [Fact]
    public async Task A_name_that_occurs_twice_is_said_without_a_path_of_this_machine() => await Refused(
        Zip(archive =>
        {
            Write(archive, "a/data.csv", "x,y\n1,2\n");
            Write(archive, "a/data.csv", "x,y\n3,4\n");
        }),
        "twice.zip", "twice.zip holds a/data.csv twice");

    [Fact]
    public async Task A_link_is_refused() => await Refused(
        Zip(archive => Write(archive, "data.csv", "/etc/passwd", attributes: unchecked((int)0xA1FF0000))),
        "link.zip", "holds a link");

    [Fact]
    public async Task A_bomb_is_stopped_where_it_passes_the_limit()
    {
        var bomb = Zip(archive =>
        {
            using var stream = archive.CreateEntry("zeros.csv", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 12; i++)
            {
                stream.Write(zeros);
            }
        });
        Assert.True(bomb.Length < 1 << 17);
        await Refused(bomb, "bomb.zip", "has more than 8 MiB");
    }

    [Theory]
    [InlineData("cut.zip", "is not a sound .zip")]
    [InlineData("program.exe", "is neither a .zip nor")]
    public async Task A_file_of_another_kind_is_refused(string name, string sentence) => await Refused(Encoding.UTF8.GetBytes("PK\u0003\u0004 and then nothing"), name, sentence);

    private async Task Refused(byte[] content, string name, string sentence)
    {
        var before = Directory.Exists(Uploads) ? Directory.GetFileSystemEntries(Uploads) : [];
        using var answer = await Send(content, name);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, Directory.Exists(Uploads) ? Directory.GetFileSystemEntries(Uploads) : []);
    }

    private async Task<HttpResponseMessage> Send(byte[] content, string name)
    {
        using var body = new ByteArrayContent(content);
        return await running.Application.Client.PostAsync("/api/v1/uploads?name=" + Uri.EscapeDataString(name), body);
    }

    private static string Only(JsonElement answer, string kind) => Assert.Single(answer.GetProperty(kind).EnumerateArray()).GetProperty("path").GetString()!;

    private static byte[] Zip(Action<ZipArchive> fill)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            fill(archive);
        }

        return bytes.ToArray();
    }

    private static void Write(ZipArchive archive, string name, string text, int attributes = 0)
    {
        var entry = archive.CreateEntry(name);
        entry.ExternalAttributes = attributes;
        using var writer = new StreamWriter(entry.Open());
        writer.Write(text);
    }
}
