namespace TorchSharp;

/// <summary>Kinds of devices; the numbers are libtorch's.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
}

public static partial class torch
{
    /// <summary>The CPU.</summary>
    public static Device CPU { get; } = new(DeviceType.CPU, -1);

    /// <summary>The first CUDA device.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA, 0);

    /// <summary>A device by its text: cpu, cuda, cuda:1.</summary>
    public static Device device(string description) => new(description);

    /// <summary>Where a tensor lies.</summary>
    public sealed class Device
    {
        /// <summary>A device by its text: cpu, cuda, cuda:1.</summary>
        public Device(string description)
        {
            var parts = description.Split(':');
            type = parts[0] switch
            {
                "cpu" => DeviceType.CPU,
                "cuda" => DeviceType.CUDA,
                _ => throw new ArgumentException($"\"{description}\" is no device: use cpu or cuda:N."),
            };
            index = parts.Length > 1 ? int.Parse(parts[1]) : type == DeviceType.CPU ? -1 : 0;
        }

        /// <summary>A device by kind and number.</summary>
        public Device(DeviceType type, int index = -1)
        {
            this.type = type;
            this.index = index;
        }

        /// <summary>The kind.</summary>
        public DeviceType type { get; }

        /// <summary>The number; -1 for the CPU.</summary>
        public int index { get; }

        /// <inheritdoc/>
        public override string ToString() => type == DeviceType.CPU ? "cpu" : $"cuda:{index}";

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Device other && other.type == type && other.index == index;

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(type, index);
    }

    /// <summary>CUDA devices.</summary>
    public static partial class cuda
    {
        /// <summary>Whether libtorch has CUDA and a device.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>Number of devices.</summary>
        public static int device_count() => Bif.Native.NativeMethods.bif_cuda_device_count();

        /// <summary>Waits for all work of the current device.</summary>
        public static void synchronize() => Bif.Native.NativeMethods.Check(Bif.Native.NativeMethods.bif_cuda_synchronize());
    }
}
