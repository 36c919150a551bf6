using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Bif.Data.Postgres;
using Bif.Kernels;
using Bif.Web.Api;
using Bif.Web.Components;
using Bif.Web.Downloads;
using Bif.Web.Hosting;
using Bif.Web.Live;
using Bif.Web.Reports;
using Bif.Web.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// A signal that comes while everything is being started ends it as one that comes later does.
using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(each => PosixSignalRegistration.Create(each, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
}))];

// Settings lie beside the solution while developing (the working directory), beside the program otherwise.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = File.Exists("appsettings.json") ? Directory.GetCurrentDirectory() : AppContext.BaseDirectory,
});
builder.WebHost.UseStaticWebAssets();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 16 << 20;
});
RequestLog.Silence(builder.Logging);
var options = (builder.Configuration.GetSection("Bif").Get<BifOptions>() ?? new BifOptions()).Against(builder.Environment.ContentRootPath);
var addresses = BifOptions.Addresses(builder.Configuration);
var urls = string.Join(';', addresses.Select(address => address.Url));
List<string> errors = [.. BifOptions.UnknownKeys(builder.Configuration), .. options.Errors(addresses)];
if (errors.Count > 0)
{
    Console.Error.WriteLine("bif: the settings (appsettings.json, environment, arguments) cannot be used:\n  " + string.Join("\n  ", errors));
    return 2;
}

// Ports that the environment names (HTTP_PORTS) would be open to all machines.
builder.WebHost.UseUrls(urls);
Directory.CreateDirectory(options.Runs);
var connectionString = builder.Configuration.GetConnectionString("Bif");
PrivatePostgres? database = null;
if (string.IsNullOrEmpty(connectionString))
{
    try
    {
        database = await PrivatePostgres.Start(Path.Combine(options.Data, "postgres"), options.PostgresBinaries, stop.Token, said => Console.Error.WriteLine($"bif: {said}"));
    }
    catch (InvalidOperationException error)
    {
        Console.Error.WriteLine($"bif: {error.Message}");
        return 1;
    }
    catch (OperationCanceledException)
    {
        return 0;
    }

    connectionString = database.ConnectionString;
}

int code;
try
{
    Start.AddBif(builder.Services, options, connectionString);
    Start.AddQueue(builder.Services, options, connectionString);
    builder.Services.AddHealthChecks().AddCheck<Readiness>("ready", HealthStatus.Unhealthy, ["ready"]);
    builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(options.Data, "keys"))).SetApplicationName("bif");
    builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = ApiErrors.Complete);
    builder.Services.AddExceptionHandler<ApiErrors>();
    ApiDocument.Add(builder.Services);
    builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    builder.Services.ConfigureHttpJsonOptions(json =>
    {
        // A misspelt or missing field must not pass for a default.
        json.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.SerializerOptions.RespectNullableAnnotations = true;
        json.SerializerOptions.RespectRequiredConstructorParameters = true;
    });
    builder.Services.AddSignalR().AddJsonProtocol(json => json.PayloadSerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals);
    builder.Services.AddRazorComponents().AddInteractiveServerComponents();
    builder.Services.AddHttpContextAccessor();
    RateLimits.Add(builder.Services);
    if (options.IsWeb)
    {
        builder.Services.AddHostedService<RunBroadcaster>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DownloadDesk>());
    }

    // Chains end with their block, which takes seconds.
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(45));
    using var telemetry = Telemetry.Start(options);
    await using var app = builder.Build();
    app.UseRequestLog();
    app.UseStoppingRefusal();
    app.UseProxyIdentity(options);
    app.UseExceptionHandler(new ExceptionHandlerOptions
    {
        ExceptionHandlingPath = "/error",
        StatusCodeSelector = error => error switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            _ => StatusCodes.Status500InternalServerError,
        },
    });
    app.UseSecurityHeaders();
    app.UseWhen(context => context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/r"), api => api.UseStatusCodePages());
    app.UseWhen(
        context => !new[] { "/api", "/r", "/hubs", "/health" }.Any(part => context.Request.Path.StartsWithSegments(part)),
        pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
    app.Use((context, next) =>
    {
        // What answers GET answers HEAD; the server leaves the body away. A page about an error is read, whatever was sent.
        if (HttpMethods.IsHead(context.Request.Method) || context.Features.Get<IExceptionHandlerFeature>() is not null || context.Features.Get<IStatusCodeReExecuteFeature>() is not null)
        {
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    });
    app.UseRouting();
    app.UseRateLimiter();
    app.UseAdminGate();
    app.UseAntiforgery();
    app.MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = HealthAnswer.Write }).WithMetadata(new OpenToAllAttribute());
    app.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains("ready"), ResponseWriter = HealthAnswer.Write }).WithMetadata(new OpenToAllAttribute());
    if (options.IsWeb)
    {
        app.MapStaticAssets();
        app.MapOpenApi();
        app.MapRunsApi();
        app.MapReports();
        app.MapSignIn();
        app.MapHub<RunsHub>("/hubs/runs");
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
    }

    await Start.Prepare(app.Services, database is not null, stop.Token);
    app.Lifetime.ApplicationStarted.Register(() => Console.Error.WriteLine(
        options.IsWeb ? $"bif: open {app.Urls.FirstOrDefault() ?? urls}   (Ctrl-C stops)" : "bif: this worker waits for runs   (Ctrl-C stops)"));
    app.Lifetime.ApplicationStopping.Register(() => Console.Error.WriteLine("bif: stopping; chains finish their block and continue at the next start"));
    await app.RunAsync(stop.Token);
    code = 0;
}
catch (OperationCanceledException)
{
    // A signal came before everything was started.
    code = 0;
}
catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"bif: {urls} is taken by another program: stop that, or choose another port (./bif up --port 5081).");
    code = 1;
}
finally
{
    if (database is not null)
    {
        await database.DisposeAsync();
    }
}

Array.ForEach(signals, signal => signal.Dispose());
ProcessEnd.Now(code);
return code;
