using System.Net;
using System.Net.Http.Headers;

namespace Bif.Engine.Downloads;

/// <summary>Sends requests and sorts answers into what can be read, what may go better later and what never will.</summary>
internal sealed class Requests(HttpClient client, DownloadSettings settings)
{
    private const int MostText = 16 << 20;

    /// <summary>Sends a GET; the answer's headers are there when it returns.</summary>
    /// <param name="address">Where.</param>
    /// <param name="range">The part that is wanted, or null.</param>
    /// <param name="validator">The entity tag that makes the part valid, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>An answer of status 200, 206 or 416.</returns>
    /// <exception cref="TransferFault">No answer, or one that asks to try again.</exception>
    /// <exception cref="InputException">The server refuses.</exception>
    public async Task<HttpResponseMessage> Get(Uri address, RangeHeaderValue? range, string? validator, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = range;
        if (range is not null && validator is not null)
        {
            request.Headers.IfRange = new(EntityTagHeaderValue.Parse(validator));
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(settings.Patience);
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TransferFault($"{address.Host} does not answer");
        }
        catch (HttpRequestException error)
        {
            throw new TransferFault($"{address.Host} cannot be reached ({error.Message.TrimEnd('.')})", null, error);
        }

        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            throw Refusal(address, response);
        }
    }

    /// <summary>Reads a short text, trying again where that may help.</summary>
    /// <exception cref="InputException">It cannot be had, or is longer than any such text.</exception>
    public async Task<(string Text, HttpResponseHeaders Headers)> Text(Uri address, Action<string> say, CancellationToken cancellation)
    {
        var attempts = new Attempts(settings, address, say);
        while (true)
        {
            try
            {
                using var response = await Get(address, null, null, cancellation);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                patience.CancelAfter(settings.Patience);
                await response.Content.LoadIntoBufferAsync(MostText, patience.Token);
                return (await response.Content.ReadAsStringAsync(cancellation), response.Headers);
            }
            catch (TransferFault fault)
            {
                await attempts.Pause(fault, cancellation);
            }
            catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                await attempts.Pause(new TransferFault("the connection broke off", null, error), cancellation);
            }
        }
    }

    private static Exception Refusal(Uri address, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new InputException($"{address} is not there ({status}): check the name and the mirror."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new InputException($"{address} is not public or does not exist ({status}): Bif fetches only what needs no login; fetch it otherwise and place it under an allowed folder."),
            HttpStatusCode.ProxyAuthenticationRequired => new InputException("The proxy asks for a name and a password: give it as http://name:password@host:port."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => new TransferFault($"{address.Host} answers {status}", RetryAfter(response)),
            _ when status >= 500 => new TransferFault($"{address.Host} answers {status}", RetryAfter(response)),
            _ => new InputException($"{address} answers {status}, which is no file: check the name and the mirror."),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}
