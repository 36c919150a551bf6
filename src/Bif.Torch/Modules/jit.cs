using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>TorchScript: modules that Python saved with torch.jit.save, from a file onto a device.</summary>
    public static partial class jit
    {
        public static ScriptModule load(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Open(filename, new Device(device_type, (int)device_index)));
        public static ScriptModule load(string filename, Device map_location) => new(Open(filename, map_location));

        public static ScriptModule<T1, TResult> load<T1, TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Open(filename, new Device(device_type, (int)device_index)));
        public static ScriptModule<T1, TResult> load<T1, TResult>(string filename, Device map_location) => new(Open(filename, map_location));

        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) => new(Open(filename, new Device(device_type, (int)device_index)));
        public static ScriptModule<T1, T2, TResult> load<T1, T2, TResult>(string filename, Device map_location) => new(Open(filename, map_location));

        private static nint Open(string file, Device device)
        {
            NativeMethods.Check(NativeMethods.bif_jit_load(file, (int)device.type, device.index, out var module));
            return module;
        }
    }
}
