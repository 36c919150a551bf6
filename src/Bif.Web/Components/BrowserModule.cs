using Microsoft.JSInterop;
using Microsoft.JSInterop.Infrastructure;

namespace Bif.Web.Components;

/// <summary>
/// A script module of the page, imported when it is first called. What fails in the browser is logged and ends nothing: pages can be
/// read without what scripts add to them. After the component is left nothing is called.
/// </summary>
internal sealed partial class BrowserModule(IJSRuntime script, string address, ILogger logger) : IAsyncDisposable
{
    private Task<IJSObjectReference>? _import;
    private bool _isLeft;

    /// <summary>Whether the browser has it: a call waits for nothing else then.</summary>
    public bool IsImported => _import is { IsCompletedSuccessfully: true };

    /// <summary>Calls a function of the module.</summary>
    public Task Call(string function, params object?[] arguments) => Call<IJSVoidResult>(function, arguments);

    /// <summary>Calls a function of the module; returns the default where it failed.</summary>
    public async Task<T?> Call<T>(string function, params object?[] arguments)
    {
        if (_isLeft)
        {
            return default;
        }

        try
        {
            // Calls that come meanwhile wait for the same import, and one that failed is tried again.
            _import = _import is null or { IsFaulted: true } or { IsCanceled: true } ? script.InvokeAsync<IJSObjectReference>("import", address).AsTask() : _import;
            var module = await _import;
            if (!_isLeft)
            {
                return await module.InvokeAsync<T?>(function, arguments);
            }

            await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone.
        }
        catch (Exception error) when (error is JSException or OperationCanceledException)
        {
            if (!_isLeft)
            {
                LogFailed(logger, error, function, address);
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isLeft = true;

        // An import that is under way gives its module back itself: a browser that is gone would let this wait.
        if (!IsImported)
        {
            return;
        }

        try
        {
            await (await _import!).DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }
    }

    [LoggerMessage(LogLevel.Error, "{Function} of {Module} failed in the browser")]
    private static partial void LogFailed(ILogger logger, Exception error, string function, string module);
}
