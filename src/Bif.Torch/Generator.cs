using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers.</summary>
    public class Generator : IDisposable
    {
        private readonly GeneratorHandle _handle;

        /// <summary>A generator of its own on the CPU.</summary>
        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is { type: not DeviceType.CPU })
            {
                throw new ArgumentException($"A generator of its own lies on the CPU here, not on {device}: seed the device's default one.", nameof(device));
            }

            NativeMethods.Check(NativeMethods.bif_generator_create((long)seed, out var handle));
            _handle = new GeneratorHandle(handle);
            this.device = CPU;
        }

        private Generator(GeneratorHandle handle, Device device)
        {
            _handle = handle;
            this.device = device;
        }

        /// <summary>The CPU's default generator.</summary>
        public static Generator Default => Of(CPU);

        /// <summary>Where its numbers are drawn.</summary>
        public Device device { get; }

        /// <summary>The at::Generator* behind this object.</summary>
        public IntPtr Handle => _handle.Pointer;

        /// <summary>Starts the stream of a seed.</summary>
        public Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.bif_generator_seed(Handle, seed));
            return this;
        }

        /// <summary>The seed that the stream started from.</summary>
        public long initial_seed() => NativeMethods.bif_generator_initial_seed(Handle);

        /// <summary>The state as bytes, from which <see cref="set_state"/> continues.</summary>
        public Tensor get_state()
        {
            NativeMethods.Check(NativeMethods.bif_generator_get_state(Handle, out var state));
            return new Tensor(state);
        }

        /// <summary>Continues from a state.</summary>
        public void set_state(Tensor value)
        {
            NativeMethods.Check(NativeMethods.bif_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Releases the native object.</summary>
        protected virtual void Dispose(bool disposing)
        {
            if (disposing)
            {
                _handle.Dispose();
            }
        }

        internal static Generator Of(Device device)
        {
            NativeMethods.Check(NativeMethods.bif_generator_default((int)device.type, device.index, out var handle));
            return new Generator(new GeneratorHandle(handle), device);
        }
    }

    /// <summary>Seeds every device's default generator.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    /// <summary>The default generators.</summary>
    public static class random
    {
        /// <summary>Seeds every device's default generator; returns the CPU's.</summary>
        public static Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.bif_manual_seed(seed));
            return Generator.Default;
        }

        /// <summary>The seed of the CPU's default generator.</summary>
        public static long initial_seed()
        {
            using var generator = Generator.Default;
            return generator.initial_seed();
        }

        /// <summary>The state of the CPU's default generator.</summary>
        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        /// <summary>Continues the CPU's default generator from a state.</summary>
        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
