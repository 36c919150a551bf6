namespace Bif.Native;

/// <summary>The entries of bif_tensor_info, in its order.</summary>
internal enum TensorInfo
{
    Type, DeviceType, DeviceIndex, Dimensions, Elements, ElementSize, RequiresGrad, IsLeaf, IsContiguous, StorageOffset, Count,
}
