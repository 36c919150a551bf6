using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Bif.Web.Hosting;

/// <summary>
/// Sends metrics and traces to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, by OpenTelemetry's own environment
/// variables (protocol, headers, intervals); without it nothing is collected.
/// </summary>
public sealed class Telemetry : IDisposable
{
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    private Telemetry(BifOptions options)
    {
        void Describe(ResourceBuilder resource) => resource
            .AddService("bif", serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3))
            .AddAttributes([new("bif.roles", string.Join(',', options.Roles))])
            .AddEnvironmentVariableDetector();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
            .AddMeter(BifMeter.Name, "Npgsql", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections", "Microsoft.AspNetCore.RateLimiting")
            .AddOtlpExporter()
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(Describe)
            .AddSource(BifMeter.Name, "Microsoft.AspNetCore", "Npgsql")
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>Starts it where the environment names a collector; otherwise null.</summary>
    public static Telemetry? Start(BifOptions options)
        => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")) ? null : new Telemetry(options);

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _traces.Dispose();
    }
}
