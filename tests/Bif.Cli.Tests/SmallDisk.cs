using System.Diagnostics;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>A file system of a given size in memory. Mounting needs root; tests skip where it is refused.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallDisk(string size)
    {
        if (!Mount(size, remount: false))
        {
            throw new InvalidOperationException("A tmpfs cannot be mounted here.");
        }
    }

    public string Root => _folder.Root;

    public static bool IsPossible()
    {
        try
        {
            using var disk = new SmallDisk("64k");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public void Resize(string size) => Assert.True(Mount(size, remount: true));

    /// <summary>Takes all room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Path.Combine(Root, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 1);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Dispose()
    {
        Call("umount", Root);
        _folder.Dispose();
    }

    private bool Mount(string size, bool remount) => Call("mount", "-t", "tmpfs", "-o", $"{(remount ? "remount," : "")}size={size}", "tmpfs", Root);

    private static bool Call(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs a small file system.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.IsPossible() ? null : "mounting a small file system is not allowed here";
}
