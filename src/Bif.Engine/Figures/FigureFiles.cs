using Bif.Kernels;

namespace Bif.Engine.Figures;

/// <summary>A figure's files: SVG always, PNG where the machine can draw it.</summary>
public static class FigureFiles
{
    /// <summary>Writes <c>NAME.svg</c> and <c>NAME.png</c> (two pixels per unit).</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="name">The stem of the files.</param>
    /// <param name="svg">The document, made by this program.</param>
    /// <returns>Why there is no PNG, in a sentence; null where there is one.</returns>
    public static string? Write(string folder, string name, string svg)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".svg"), svg);
        var png = Path.Combine(folder, name + ".png");
        try
        {
            File.WriteAllBytes(png, Images.DrawSvg(svg));
            return null;
        }
        catch (ImageException error)
        {
            // One of an earlier figure would show other numbers.
            File.Delete(png);
            return error.Message;
        }
    }
}
