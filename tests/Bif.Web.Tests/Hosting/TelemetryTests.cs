using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Hosting;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Draws_and_parts_of_runs_reach_the_collector_that_the_environment_names()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        var pictures = TinyPictures.Write(folder.At("pictures"));
        using var collector = new Collector();
        await using (var application = await Application.Start(
            Application.Dotnet, folder.At("data"), ["--Bif:Roots:0", folder.At("pictures")],
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            await application.Finished(await application.Order(pictures.Order()));
        }

        // Stopping sends what is left. Names are plain text in the protocol.
        Assert.Contains("bif.draws", collector.Said("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("bif.part.duration", collector.Said("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("bif.run", collector.Said("/v1/traces"), StringComparison.Ordinal);
    }

    // Just enough of a collector: it takes everything and remembers it.
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentQueue<(string Path, string Body)> _received = [];

        public Collector()
        {
            using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            }

            _listener.Prefixes.Add(Url + "/");
            _listener.Start();
            _ = Listen();
        }

        public string Url { get; }

        public string Said(string path) => string.Join('\n', _received.Where(each => each.Path == path).Select(each => each.Body));

        public void Dispose() => _listener.Close();

        private async Task Listen()
        {
            while (_listener.IsListening)
            {
                var context = await _listener.GetContextAsync();
                using var memory = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(memory);
                _received.Enqueue((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(memory.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
    }
}
