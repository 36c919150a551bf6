using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bif.Engine.Sampling;

namespace Bif.Engine.Runs;

/// <summary>The identity of a run: equal identities give equal results, wherever the files lie.</summary>
internal static class SpecHash
{
    /// <summary>SHA-256 (hex) over everything that determines the result.</summary>
    public static string Of(
        SamplerSettings settings, RunSpec spec, string modelHash, string dataHash, string queryHash, string version)
    {
        var identity = JsonSerializer.Serialize(
            new
            {
                settings,
                spec.Parameters,
                spec.Centering,
                modelHash,
                dataHash,
                queryHash,
                version,
            },
            RunRecord.Json);
        if (spec.Precision != "float32")
        {
            identity += spec.Precision;
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }
}
