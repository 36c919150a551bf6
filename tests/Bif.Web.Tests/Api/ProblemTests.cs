using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Bif.Web.Tests.Api;

/// <summary>Whatever a program sends wrong, it gets a problem with a sentence that says what and where.</summary>
[Collection("application")]
public sealed class ProblemTests(RunningApplication running)
{
    private static readonly Guid _nobody = new("00000000-0000-0000-0000-000000000001");

    private HttpClient Client => running.Application.Client;

    [Theory]
    [InlineData("GET", "runs/{nobody}", "There is no run")]
    [InlineData("POST", "runs/{nobody}/cancel", "There is no run")]
    [InlineData("POST", "runs/{nobody}/resume", "There is no run")]
    [InlineData("GET", "runs/{nobody}/losses", "There is no run")]
    [InlineData("GET", "runs/{nobody}/tasks", "There is no run")]
    [InlineData("GET", "runs/{nobody}/queries/0/top", "There is no run")]
    [InlineData("GET", "runs/{nobody}/queries/0/tokens", "There is no run")]
    [InlineData("GET", "runs/{nobody}/items/0/image", "There is no run")]
    [InlineData("GET", "runs/{run}/queries/4000/top", "no ranking of query 4000")]
    [InlineData("GET", "runs/{run}/queries/-1/top", "no ranking of query -1")]
    [InlineData("GET", "runs/{run}/queries/4000/methods", "no ranking of query 4000")]
    [InlineData("GET", "runs/{run}/queries/4000/image", "no picture of query 4000")]
    [InlineData("GET", "runs/{run}/items/-1/image", "no picture of training item -1")]
    [InlineData("GET", "runs/{run}/queries/4000", "No query 4000 was added")]
    [InlineData("POST", "runs/{run}/queries/4000/cancel", "No query 4000 was added")]
    [InlineData("GET", "runs/{run}/tasks/99", "There is no task 99")]
    [InlineData("POST", "runs/{run}/tasks/99/cancel", "There is no task 99")]
    [InlineData("POST", "runs/{run}/tasks/99/retry", "There is no task 99")]
    [InlineData("DELETE", "reports/{nobody}", "There is no report")]
    [InlineData("GET", "runs/no-identity", "There is nothing at /api/v1/runs/no-identity")]
    [InlineData("GET", "nothing/of/the/kind", "There is nothing at /api/v1/nothing/of/the/kind")]
    public async Task What_is_not_there_is_named(string method, string path, string sentence)
    {
        using var request = new HttpRequestMessage(new(method), At(path));
        await Refused(await Client.SendAsync(request), HttpStatusCode.NotFound, sentence);
    }

    [Theory]
    [InlineData("runs?count=many", "count is \"many\", which cannot be read as a whole number")]
    [InlineData("runs/{run}/queries/0/top?k=-3", "k is -3")]
    [InlineData("library/picture?model=x", "data is missing: give it in the query string")]
    public async Task A_wrong_address_is_named(string path, string sentence) => await Refused(await Client.GetAsync(At(path)), HttpStatusCode.BadRequest, sentence);

    [Theory]
    [InlineData("runs", "{", "is no JSON")]
    [InlineData("runs", "", "The request has no body")]
    [InlineData("runs", "{}", "The body lacks model, data, queries")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","epsillon":1}""", "a field epsillon that means nothing here")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","draws":"many"}""", "draws has a value of the wrong kind")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","draws":1e30}""", "draws has a value of the wrong kind")]
    [InlineData("runs", """{"model":null,"data":"d","queries":"q"}""", "model")]
    [InlineData("runs", """{"model":" ","data":"d","queries":"q"}""", "model is empty")]
    [InlineData("runs", """{"model":"a\u0000b","data":"d","queries":"q"}""", "is not there")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","epsilon":"Infinity"}""", "epsilon must be a number above 0")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","nbeta":"NaN"}""", "nbeta must be a number")]
    [InlineData("runs", """{"model":"m","data":"d","queries":"q","gamma":"Infinity"}""", "gamma must be a number")]
    [InlineData("runs/{run}/queries", "{}", "The body lacks item")]
    [InlineData("downloads/cancel", "{}", "The body lacks what")]
    [InlineData("downloads/cancel", """{"what":null}""", "what")]
    [InlineData("reports", """{"run":"x","query":0}""", "run has a value of the wrong kind")]
    public async Task A_wrong_body_is_named(string path, string body, string sentence)
    {
        using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
        await Refused(await Client.PostAsync(At(path), content), HttpStatusCode.BadRequest, sentence);
    }

    [Fact]
    public async Task Data_of_another_shape_than_the_model_takes_are_refused_before_anything_is_queued()
    {
        var folder = Path.Combine(running.DataFolder, "uploads", "small-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "t10k-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]);
        File.WriteAllBytes(Path.Combine(folder, "t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 0]);
        var order = JsonSerializer.SerializeToNode(running.Pictures.Order())!;
        order["queries"] = folder + "@test";
        await Refused(await Client.PostAsJsonAsync(At("runs"), order), HttpStatusCode.BadRequest, "has items of 1×2×2");
    }

    [Fact]
    public async Task Another_method_another_kind_of_body_and_a_larger_one_are_refused()
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, At("runs"));
        await Refused(await Client.SendAsync(put), HttpStatusCode.MethodNotAllowed, "does not take PUT");
        using var text = new StringContent("{}", Encoding.UTF8, "text/plain");
        await Refused(await Client.PostAsync(At("runs"), text), HttpStatusCode.UnsupportedMediaType, "application/json");
        using var large = new StringContent("{\"model\":\"" + new string('x', 17 << 20) + "\"}", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, At("runs")) { Content = large, Headers = { ExpectContinue = true } };
        using var patient = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(30) }) { BaseAddress = Client.BaseAddress };
        await Refused(await patient.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "16 MiB");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/runs")]
    [InlineData("/health/ready")]
    [InlineData("/app.css")]
    public async Task What_answers_GET_answers_HEAD_without_a_body(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_name_with_control_characters_is_stored_without_them()
    {
        var order = JsonSerializer.SerializeToNode(running.Pictures.Order(draws: 8))!;
        order["name"] = "two\u0000 li\nnes";
        using var answer = await Client.PostAsJsonAsync(At("runs"), order);
        var run = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("two lines", run.GetProperty("name").GetString());
        await running.Application.Finished(run.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task The_page_of_a_run_that_is_not_there_says_so_with_its_status()
    {
        using var answer = await Client.GetAsync($"/runs/{_nobody}");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("There is no such run", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/runs/{run}/images?query=abc&label=x&page=y&item=z")]
    [InlineData("/runs/{run}/images?query=999999999999")]
    [InlineData("/runs/{run}/images?label=-7")]
    [InlineData("/runs/{run}/data?page=abc")]
    [InlineData("/runs/{run}/group?query=abc")]
    [InlineData("/runs/new?from=abc")]
    [InlineData("/compare?a=abc&b=7&query=x")]
    public async Task What_cannot_be_read_in_the_address_of_a_page_counts_as_left_out(string address)
    {
        var html = await Client.GetStringAsync(address.Replace("{run}", running.Run.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("This page could not be shown", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images")]
    [InlineData("data")]
    [InlineData("group")]
    [InlineData("quality")]
    [InlineData("text")]
    public async Task The_tabs_of_a_run_that_was_never_prepared_have_its_name_and_those_of_no_run_are_not_there(string tab)
    {
        await using var source = running.Database;
        await using var command = source.CreateCommand("insert into runs (id, name, is_demo, state, priority, directory, spec, cancel_requested, attempts, created_at, score_draws) values ($1, 'too early', false, 'preparing', 0, '/nowhere', '{}', false, 0, now(), 0)");
        var run = Guid.NewGuid();
        command.Parameters.Add(new() { Value = run });
        await command.ExecuteNonQueryAsync();
        try
        {
            var html = await Client.GetStringAsync($"/runs/{run}/{tab}");
            foreach (var part in new[] { "too early", "still being prepared", $"/runs/{run}/quality" })
            {
                Assert.Contains(part, html, StringComparison.Ordinal);
            }
        }
        finally
        {
            await using var delete = source.CreateCommand("delete from runs where id = $1");
            delete.Parameters.Add(new() { Value = run });
            await delete.ExecuteNonQueryAsync();
        }

        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync($"/runs/{_nobody}/{tab}")).StatusCode);
    }

    [Fact]
    public async Task Every_operation_is_described_with_its_answers_and_its_problems()
    {
        var document = await running.Application.Get("/openapi/v1.json");
        Assert.Equal("Bif", document.GetProperty("info").GetProperty("title").GetString());
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("adminToken").GetProperty("scheme").GetString());
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var responses = operation.Value.GetProperty("responses");
                Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()), path.Name);
                Assert.True(responses.GetProperty("default").GetProperty("content").TryGetProperty("application/problem+json", out _), path.Name);
                Assert.True(responses.EnumerateObject().Any(each => each.Name[0] == '2'), $"{operation.Name} {path.Name} has no good answer");
            }
        }

        var picture = document.GetProperty("paths").GetProperty("/api/v1/runs/{id}/items/{item}/image").GetProperty("get").GetProperty("responses").GetProperty("200");
        Assert.True(picture.GetProperty("content").TryGetProperty("image/png", out _));
    }

    private string At(string path) => "/api/v1/" + path.Replace("{run}", running.Run.ToString(), StringComparison.Ordinal).Replace("{nobody}", _nobody.ToString(), StringComparison.Ordinal);

    private static async Task Refused(HttpResponseMessage answer, HttpStatusCode status, string sentence)
    {
        using (answer)
        {
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Contains(sentence, JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }
}
