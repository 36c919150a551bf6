using System.Globalization;

namespace Bif.Web.Browsing;

/// <summary>Values in a page's address, which people write as well: what cannot be read counts as left out.</summary>
public static class AddressValue
{
    /// <summary>A whole number, or null.</summary>
    public static int? Number(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A number of a thing, from 0, or null.</summary>
    public static int? Index(string? text) => Number(text) is >= 0 and var index ? index : null;

    /// <summary>A run's identity, or null.</summary>
    public static Guid? Identity(string? text) => Guid.TryParse(text, out var identity) ? identity : null;
}
