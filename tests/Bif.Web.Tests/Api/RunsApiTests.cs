using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Arrays;
using Bif.Engine.Training;
using Xunit;

namespace Bif.Web.Tests.Api;

[Collection("application")]
public sealed class RunsApiTests(RunningApplication running)
{
    private HttpClient Client => running.Application.Client;

    private string Address => $"/api/v1/runs/{running.Run}";

    [Fact]
    public async Task A_network_that_predicts_numbers_is_run_as_any_other()
    {
        var folder = Directory.CreateDirectory(Path.Combine(running.Pictures.Data, $"numbers-{Guid.NewGuid():N}")).FullName;
        var random = new Random(3);
        foreach (var (file, rows) in new[] { ("train.csv", 40), ("test.csv", 3) })
        {
            File.WriteAllLines(
                Path.Combine(folder, file),
                Enumerable.Range(0, rows).Select(_ => FormattableString.Invariant($"{random.NextDouble():F3},{random.NextDouble():F3},{random.NextDouble():F3}")).Prepend("a,b,y"));
        }

        var model = Path.Combine(folder, "model");
        Trainer.Run(
            new TrainingSpec
            {
                Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(4), ["task"] = "regression" },
                Data = folder + "@train", Out = model, Epochs = 2, Batch = 10,
            },
            null,
            CancellationToken.None);
        var run = await running.Application.Order(new { name = "numbers", model, data = folder + "@train", queries = folder + "@test", sampler = "sgld", epsilon = 1e-4, nbeta = 40.0, gamma = 100.0, batch = 10, chains = 2, draws = 40 });
        Assert.Equal("finished", (await running.Application.Finished(run)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task The_ranking_is_that_of_the_score_files_of_the_run()
    {
        var top = await running.Application.Get(Address + "/queries/4/top?k=5");
        var scores = NpyFile.ReadRow<float>(Path.Combine(running.RunFolder, "scores", "correlation.npy"), 4);
        var best = scores.Select((score, item) => (score, item)).OrderByDescending(each => each.score).Take(5).ToList();
        Assert.Equal(best.Select(each => each.item), top.GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("item").GetInt32()));
        Assert.All(best.Zip(top.GetProperty("helpful").EnumerateArray()), pair => Assert.Equal(pair.First.score, pair.Second.GetProperty("correlation").GetSingle(), 6));
        Assert.True(top.GetProperty("isFinal").GetBoolean());
        Assert.Equal(120, top.GetProperty("draws").GetInt32());
    }

    [Theory]
    [InlineData("covariance")]
    [InlineData("certainty")]
    public async Task A_ranking_is_sorted_as_asked(string sort)
    {
        var top = await running.Application.Get($"{Address}/queries/4/top?k=5&sort={sort}");
        var (correlation, error, bif) = (Row("correlation"), Row("correlation_se"), Row("bif"));
        var expected = Enumerable.Range(0, TinyPictures.Train).OrderByDescending(item => sort == "covariance" ? -bif[item] : correlation[item] - (2 * error[item])).Take(5);
        Assert.Equal(expected, top.GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("item").GetInt32()));
        using var wrong = await Client.GetAsync(Address + "/queries/4/top?sort=size");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        float[] Row(string name) => NpyFile.ReadRow<float>(Path.Combine(running.RunFolder, "scores", name + ".npy"), 4);
    }

    [Fact]
    public async Task An_order_for_a_GPU_says_so_where_no_worker_has_one()
    {
        if ((await running.Application.Get("/api/v1/workers")).EnumerateArray().Any(worker => worker.GetProperty("hasGpu").GetBoolean()))
        {
            return;
        }

        var order = JsonSerializer.SerializeToNode(running.Pictures.Order())!;
        order["device"] = "cuda";
        using var answer = await Client.PostAsJsonAsync("/api/v1/runs", order);
        Assert.Contains("No worker with a GPU", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_come_as_PNG_with_the_pixels_of_the_data()
    {
        using var answer = await Client.GetAsync(Address + "/items/7/image");
        Assert.Equal("image/png", answer.Content.Headers.ContentType!.MediaType);
        var planes = new byte[3072];
        Bif.Kernels.Images.Decode(await answer.Content.ReadAsByteArrayAsync(), "item 7", 3, null, null, planes);
        Assert.Equal(File.ReadAllBytes(Path.Combine(running.Pictures.Data, "data_batch_1.bin"))[((7 * 3073) + 1)..(8 * 3073)], planes);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync(Address + "/items/90/image")).StatusCode);
    }

    [Theory]
    [InlineData("model", "/etc", "not under one of the folders")]
    [InlineData("data", "../../etc/passwd", "not under one of the folders")]
    [InlineData("sampler", "magic", "There is no sampler magic")]
    [InlineData("device", "tpu", "There is no device tpu")]
    [InlineData("chains", 0, "chains must be 1 to 64")]
    [InlineData("epsilon", -1.0, "epsilon must be a number above 0")]
    public async Task A_bad_order_gets_one_sentence_and_queues_nothing(string field, object value, string sentence)
    {
        var order = JsonSerializer.SerializeToNode(running.Pictures.Order())!;
        order[field] = JsonSerializer.SerializeToNode(value);
        var before = (await running.Application.Get("/api/v1/runs")).GetArrayLength();
        using var answer = await Client.PostAsJsonAsync("/api/v1/runs", order);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, (await running.Application.Get("/api/v1/runs")).GetArrayLength());
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_gets_a_problem_as_well()
    {
        using var content = new StringContent("{", System.Text.Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync("/api/v1/runs", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_link_out_of_the_allowed_folders_is_not_followed()
    {
        var link = Path.Combine(running.Pictures.Data, "way-out");
        File.CreateSymbolicLink(link, "/etc");
        try
        {
            var order = JsonSerializer.SerializeToNode(running.Pictures.Order())!;
            order["data"] = link;
            using var answer = await Client.PostAsJsonAsync("/api/v1/runs", order);
            Assert.Contains("not under one of the folders", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public async Task An_estimate_tells_draws_time_and_size_and_queues_nothing()
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/estimates", running.Pictures.Order(draws: 50));
        var estimate = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(100, estimate.GetProperty("draws").GetInt64());
        Assert.Equal(100 * (TinyPictures.Train + TinyPictures.Queries), estimate.GetProperty("forwardPasses").GetInt64());
        Assert.True(estimate.GetProperty("seconds").GetDouble() > 0);
    }

    [Fact]
    public async Task The_library_lists_models_and_data_under_the_roots_only()
    {
        var library = await running.Application.Get("/api/v1/library");
        Assert.Contains(running.Pictures.Model, Paths("models"));
        Assert.Contains(running.Pictures.Data, Paths("data"));

        // Other tests of this host upload: what they leave lies in its data folder, a root as well.
        string[] roots = [running.Pictures.Data, running.DataFolder];
        Assert.All([.. Paths("models"), .. Paths("data")], path => Assert.Contains(roots, root => (path + '/').StartsWith(root + '/', StringComparison.Ordinal)));

        string[] Paths(string kind) => [.. library.GetProperty(kind).EnumerateArray().Select(each => each.GetProperty("path").GetString()!)];
    }

    [Fact]
    public async Task A_training_item_asked_about_relates_to_itself_first()
    {
        using var asked = await Client.PostAsJsonAsync(Address + "/queries", new { item = 11 });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var top = await Answered(asked);
        Assert.Equal(11, top.GetProperty("helpful")[0].GetProperty("item").GetInt32());
        Assert.Equal(1, top.GetProperty("helpful")[0].GetProperty("correlation").GetDouble(), 3);

        // Asking again gives the same query.
        using var again = await Client.PostAsJsonAsync(Address + "/queries", new { item = 11 });
        Assert.Equal(top.GetProperty("query").GetInt32(), (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("query").GetInt32());
        using var beyond = await Client.PostAsJsonAsync(Address + "/queries", new { item = 90 });
        Assert.Contains("There is no training item 90", await beyond.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_uploaded_copy_of_a_training_picture_finds_it()
    {
        var picture = await Client.GetByteArrayAsync(Address + "/items/23/image");
        using var asked = await Upload(picture, "mine.png", label: 23 % 3);
        var top = await Answered(asked);
        Assert.Equal(23, top.GetProperty("helpful")[0].GetProperty("item").GetInt32());
        Assert.Equal(1, top.GetProperty("helpful")[0].GetProperty("correlation").GetDouble(), 3);
        var query = top.GetProperty("query").GetInt32();
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"{Address}/queries/{query}/image")).StatusCode);
    }

    [Fact]
    public async Task A_hostile_upload_gets_one_sentence()
    {
        using var text = await Upload("#!/bin/sh"u8.ToArray(), "../../x.png");
        Assert.Contains("is no JPEG, PNG or WebP picture", await text.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var cut = await Upload([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0], "cut.png");
        Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
        // 60,000 × 60,000 pixels are refused before anything is decoded.
        byte[] header = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 0, 0, 0, 0, 0xA5, 0xB9, 0x2A, 0x9E];
        using var huge = await Upload([.. header, 0, 0, 0x10, 0, .. "IDAT"u8, .. new byte[0x1000]], "huge.png");
        Assert.Contains("60000 x 60000 pixels, more than 100 million", await huge.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var large = await Upload(new byte[11 << 20], "large.png");
        Assert.Contains("at most 10", await large.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_interface_describes_itself()
    {
        var document = await running.Application.Get("/openapi/v1.json");
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        foreach (var path in new[] { "/api/v1/runs", "/api/v1/runs/{id}", "/api/v1/runs/{id}/cancel", "/api/v1/runs/{id}/queries", "/api/v1/runs/{id}/queries/{query}/top", "/api/v1/runs/{id}/items/{item}/image", "/api/v1/reports", "/api/v1/reports/{id}" })
        {
            Assert.True(document.GetProperty("paths").TryGetProperty(path, out _), path);
        }
    }

    [Fact]
    public async Task Every_answer_forbids_foreign_scripts_and_frames_and_changes_from_other_sites_are_refused()
    {
        using var page = await Client.GetAsync("/");
        Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        using var foreign = new HttpRequestMessage(HttpMethod.Post, Address + "/cancel");
        foreign.Headers.Add("Origin", "https://elsewhere.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await Client.SendAsync(foreign)).StatusCode);
        using var hidden = new HttpRequestMessage(HttpMethod.Post, Address + "/cancel");
        hidden.Headers.Add("Origin", "null");
        Assert.Equal(HttpStatusCode.Forbidden, (await Client.SendAsync(hidden)).StatusCode);
    }

    [Theory]
    [InlineData("/hubs/runs")]
    [InlineData("/_blazor")]
    public async Task A_WebSocket_of_another_site_is_refused(string path)
    {
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", "https://elsewhere.example");
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => socket.ConnectAsync(new Uri(running.Application.Url.Replace("http:", "ws:", StringComparison.Ordinal) + path), default));
        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
    }

    private async Task<HttpResponseMessage> Upload(byte[] bytes, string name, int? label = null)
    {
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(file, "file", name);
        return await Client.PostAsync(Address + "/queries/picture" + (label is null ? "" : $"?label={label}"), form);
    }

    private async Task<JsonElement> Answered(HttpResponseMessage asked)
    {
        var body = await asked.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(asked.IsSuccessStatusCode, body.ToString());
        var query = body.GetProperty("query").GetInt32();
        await running.Application.Answered(Address, query);
        return await running.Application.Get($"{Address}/queries/{query}/top?k=3");
    }
}
