using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bif.Web.Hosting;

/// <summary>The body of a health check's answer: its status, and why it is not healthy.</summary>
/// <param name="Status">Healthy, Degraded or Unhealthy.</param>
/// <param name="Reason">A sentence, or null.</param>
public sealed record HealthAnswer(string Status, string? Reason)
{
    /// <summary>Writes it.</summary>
    public static Task Write(HttpContext context, HealthReport report)
        => context.Response.WriteAsJsonAsync(new HealthAnswer(report.Status.ToString(), report.Entries.Values.Select(entry => entry.Description).FirstOrDefault(text => text is not null)));
}
