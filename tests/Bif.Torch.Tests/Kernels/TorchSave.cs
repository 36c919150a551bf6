using System.ComponentModel;
using System.Diagnostics;
using Bif.Testing;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

/// <summary>Files that Python's own PyTorch writes, where there is one; all in one run, because it starts slowly.</summary>
internal static class TorchSave
{
    private const string Script = """
        import os, sys, torch
        os.chdir(sys.argv[1])
        m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
        m[0].weight.data = torch.arange(12.).view(4, 3)
        a = torch.arange(12.)
        class Evil:
            def __reduce__(self): return (os.system, ('touch trap',))
        torch.save(m.state_dict(), 'state_dict.pt')
        torch.save({'state_dict': m.state_dict(), 'epoch': 3, 'best': 0.5, 'name': 'x', 'none': None}, 'nested.pt')
        torch.save({'model': m.state_dict(), 'optimizer': torch.optim.SGD(m.parameters(), 0.1).state_dict()}, 'training.pt')
        torch.save({'t': a.view(3, 4).t(), 's': a[2:5], 'h': a.half(), 'b': a.bfloat16(), 'p': torch.nn.Parameter(a),
                    'e': torch.zeros(0, 3), 'i': torch.tensor(7)}, 'kinds.pt')
        torch.save({'w': torch.zeros(2), 'x': Evil()}, 'evil.pt')
        torch.save(m, 'module.pt')
        torch.save({'w': torch.zeros(2)}, 'legacy.pt', _use_new_zipfile_serialization=False)
        torch.jit.script(m).save('script.pt')
        class Pair(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.tensor([2., 3.]))
                self.register_buffer('shift', torch.tensor([1., 1.]))
            def forward(self, a, b): return a * self.weight + self.shift, b.sum()
        torch.jit.trace(Pair(), (torch.ones(2), torch.ones(3))).save('pair.pt')
        torch.save({'epoch': 3}, 'empty.pt')
        torch.save([torch.zeros(2)], 'list.pt')
        """;

    // A Python set up by the user may hide the one that Debian's python3-torch is for.
    private static readonly Lazy<string?> Folder = new(
        () => Write("python3") ?? Write("/usr/bin/python3"));

    /// <summary>Whether this machine has Python with PyTorch.</summary>
    public static bool IsAvailable => Folder.Value is not null;

    /// <summary>The path of one of the files.</summary>
    public static string File(string name) => Path.Combine(Folder.Value!, name);

    private static string? Write(string interpreter)
    {
        var folder = TemporaryFolder.UntilExit();
        try
        {
            using var process = Process.Start(new ProcessStartInfo(interpreter, ["-c", Script, folder]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? folder : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

/// <summary>A test that is skipped, saying so, without Python's PyTorch.</summary>
internal sealed class PyTorchFactAttribute : FactAttribute
{
    public PyTorchFactAttribute() => Skip = TorchSave.IsAvailable ? null : "python3 with torch is not installed";
}
