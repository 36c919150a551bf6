namespace Bif.Cli.Terminal;

/// <summary>Small pictures from half-block characters: each cell shows two pixels, the upper as text colour, the lower as background.</summary>
internal static class HalfBlocks
{
    /// <summary>Lines of markup, <paramref name="columns"/> cells wide.</summary>
    /// <param name="pixels">Planar [channels, height, width] bytes; one channel is grey.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="columns">Cells across; half as many lines for a square picture.</param>
    public static IEnumerable<string> Render(byte[] pixels, int channels, int height, int width, int columns)
    {
        var rows = Math.Max(2, (int)Math.Round((double)columns * height / width / 2) * 2);
        for (var row = 0; row < rows; row += 2)
        {
            yield return string.Concat(Enumerable.Range(0, columns).Select(column =>
                $"[{Color(row, column)} on {Color(row + 1, column)}]▀[/]"));
        }

        // The mean over the pixels that a half cell covers.
        string Color(int row, int column)
        {
            int top = row * height / rows, bottom = Math.Max(top + 1, (row + 1) * height / rows);
            int left = column * width / columns, right = Math.Max(left + 1, (column + 1) * width / columns);
            int Mean(int channel)
            {
                var sum = 0;
                for (var y = top; y < bottom; y++)
                {
                    for (var x = left; x < right; x++)
                    {
                        sum += pixels[(((channel * height) + y) * width) + x];
                    }
                }

                return sum / ((bottom - top) * (right - left));
            }

            var red = Mean(0);
            return channels == 3 ? $"#{red:x2}{Mean(1):x2}{Mean(2):x2}" : $"#{red:x2}{red:x2}{red:x2}";
        }
    }
}
