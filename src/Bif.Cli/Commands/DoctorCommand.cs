using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Kernels;
using TorchSharp;

namespace Bif.Cli.Commands;

/// <summary><c>bif doctor</c>: whether this machine has what the engine needs, measured.</summary>
internal sealed class DoctorCommand : Verb
{
    private const double SlowPerCore = 20;
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the option.</summary>
    public DoctorCommand() : base("doctor", "Check this machine: libraries, matrix rate, memory, GPUs.") => Options.Add(_json);

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } = [new("bif doctor", "Checks and measures.")];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var threads = Environment.ProcessorCount;
        torch.set_num_threads(threads);
        var version = TorchLibrary.Version;
        var rate = TorchLibrary.MatrixRate(torch.CPU);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var disk = new DriveInfo(Directory.GetCurrentDirectory()).AvailableFreeSpace;
        var gpus = torch.cuda.device_count();
        var blas = TorchLibrary.OpenBlasCore is { } core ? $"OpenBLAS, {core} kernels" : null;
        var slow = rate < SlowPerCore * threads;
        if (arguments.GetValue(_json))
        {
            output.Json(new
            {
                Bif = ToolVersion.Text, Dotnet = Environment.Version.ToString(), NativeLibrary = TorchLibrary.NativeFile, Libtorch = version,
                Threads = threads, Blas = blas, MatrixGflops = rate, OptimisedBlas = !slow, MemoryBytes = memory, FreeDiskBytes = disk, CudaDevices = gpus,
            });
            return ExitCode.Ok;
        }

        var to = output.Results;
        to.WriteLine($"bif            {ToolVersion.Text}");
        to.WriteLine($".NET           {Environment.Version}");
        to.WriteLine($"native library {TorchLibrary.NativeFile}");
        to.WriteLine($"libtorch       {version}");
        to.WriteLine($"BLAS           {blas ?? "of libtorch"}");
        to.WriteLine($"threads        {threads}");
        to.WriteLine($"matrix rate    {rate:F0} GFLOP/s (float32)");
        to.WriteLine($"memory         {Quantity.Bytes(memory)}");
        to.WriteLine($"free disk      {Quantity.Bytes(disk)}");
        to.WriteLine($"CUDA devices   {gpus}");
        if (slow)
        {
            output.Warn($"the matrix rate is below {SlowPerCore} GFLOP/s per core: if the machine is idle, libtorch runs without an optimised BLAS; install libopenblas0-openmp.");
        }

        return ExitCode.Ok;
    }
}
