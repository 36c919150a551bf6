using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bif.Testing;

/// <summary>What the server answers.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Headers">Further header lines.</param>
/// <param name="Cut">Bytes of the body after which the connection ends; null: none.</param>
/// <param name="Length">The length that is stated; null: the true one.</param>
internal sealed record Reply(int Status, byte[] Body, string[]? Headers = null, int? Cut = null, long? Length = null);

/// <summary>A request: its path with the query, and its headers by lower-case name.</summary>
internal sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The first byte of a range that is asked for, or null.</summary>
    public int? From => Headers.TryGetValue("range", out var range) ? int.Parse(range["bytes=".Length..].Split('-')[0], CultureInfo.InvariantCulture) : null;
}

/// <summary>An HTTP server on this machine that can do what no proper one does: cut connections and state wrong lengths.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, Reply> _answer;

    public LoopbackServer(Func<Request, Reply> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = Serve();
    }

    public string Address { get; }

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Answers as a good server: ranges and their conditions are honoured.</summary>
    public static Reply File(Request request, byte[] body, string? tag = "\"one\"", int? cut = null)
    {
        string[] headers = tag is null ? [] : [$"ETag: {tag}"];
        var holds = !request.Headers.TryGetValue("if-range", out var condition) || condition == tag;
        return request.From is not { } from || !holds ? new(200, body, headers, cut)
            : from >= body.Length ? new(416, [], [$"Content-Range: bytes */{body.Length}"])
            : new(206, body[from..], [.. headers, $"Content-Range: bytes {from}-{body.Length - 1}/{body.Length}"], cut);
    }

    public void Dispose() => _listener.Dispose();

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => Answer(client));
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var path = (await reader.ReadLineAsync())!.Split(' ')[1];
            var headers = new Dictionary<string, string>();
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                headers[line.Split(':')[0].ToLowerInvariant()] = line[(line.IndexOf(':') + 1)..].Trim();
            }

            var request = new Request(path, headers);
            Requests.Enqueue(request);
            var reply = _answer(request);
            var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} -\r\nContent-Length: {reply.Length ?? reply.Body.Length}\r\nConnection: close\r\n");
            Array.ForEach(reply.Headers ?? [], header => head.Append(header).Append("\r\n"));
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
                await stream.WriteAsync(reply.Body.AsMemory(0, Math.Min(reply.Cut ?? int.MaxValue, reply.Body.Length)));
            }
            catch (IOException)
            {
                // The client has gone: it may.
            }
        }
    }
}
