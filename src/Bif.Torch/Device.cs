namespace TorchSharp;

/// <summary>Kinds of devices; the numbers are libtorch's.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    META = 14,
}

public static partial class torch
{
    /// <summary>The CPU.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>No memory at all: shapes and types only.</summary>
    public static readonly Device META = new(DeviceType.META);

    /// <summary>The first CUDA device.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA, 0);

    /// <summary>A device by its text: cpu, cuda, cuda:1.</summary>
    public static Device device(string description) => new(description);

    /// <summary>A device by kind and number.</summary>
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    /// <summary>A CUDA device by its number.</summary>
    public static Device device(int index) => new(index);

    /// <summary>Where a tensor lies.</summary>
    public class Device
    {
        /// <summary>A device by its text: cpu, cuda, cuda:1, meta.</summary>
        public Device(string description)
        {
            var parts = description.Split(':');
            DeviceType? kind = parts[0].ToLowerInvariant() switch
            {
                "cpu" => DeviceType.CPU,
                "cuda" => DeviceType.CUDA,
                "meta" => DeviceType.META,
                _ => null,
            };
            var number = -1;
            if (kind is null || parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], out number)) || number < -1)
            {
                throw new ArgumentException($"\"{description}\" is no device: use cpu, cuda or cuda:N.", nameof(description));
            }

            type = kind.Value;
            index = Number(type, number);
        }

        /// <summary>A device by kind and number.</summary>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = Number(deviceType, index);
        }

        /// <summary>A CUDA device by its number.</summary>
        public Device(int index) : this(DeviceType.CUDA, index)
        {
        }

        /// <summary>The kind.</summary>
        public DeviceType type { get; }

        /// <summary>The number; -1 where a kind has only one device.</summary>
        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        /// <inheritdoc/>
        public override string ToString() => type == DeviceType.CUDA ? $"cuda:{index}" : type.ToString().ToLowerInvariant();

        // A CUDA device without a number is the first one.
        private static int Number(DeviceType type, int index) => type == DeviceType.CUDA ? Math.Max(index, 0) : -1;
    }
}
