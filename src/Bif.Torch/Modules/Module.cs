namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural networks.</summary>
    public static partial class nn
    {
        /// <summary>Something with named tensors: parameters, which are learned, and buffers, which are not.</summary>
        public abstract class Module : IDisposable
        {
            private protected Module()
            {
            }

            /// <summary>Whether layers behave as in training.</summary>
            public abstract bool training { get; }

            /// <summary>Sets training mode, or evaluation mode.</summary>
            public abstract void train(bool train = true);

            /// <summary>Sets evaluation mode.</summary>
            public virtual void eval() => train(false);

            /// <summary>Parameters with their names, "layer.weight"; without those of submodules if asked.</summary>
            public abstract IEnumerable<(string name, Modules.Parameter parameter)> named_parameters(bool recurse = true);

            /// <summary>Buffers with their names, "layer.running_mean"; without those of submodules if asked.</summary>
            public abstract IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true);

            /// <summary>The parameters, in the order of <see cref="named_parameters"/>.</summary>
            public virtual IEnumerable<Modules.Parameter> parameters(bool recurse = true)
                => named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>The buffers, in the order of <see cref="named_buffers"/>.</summary>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true)
                => named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            /// <summary>Removes the gradients, or sets them to zero.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var gradient = set_to_none ? null : parameter.grad;
                    gradient?.zero_();
                    if (set_to_none)
                    {
                        parameter.grad = null;
                    }
                }
            }

            /// <inheritdoc/>
            public void Dispose()
            {
                Dispose(disposing: true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Releases the module.</summary>
            protected virtual void Dispose(bool disposing)
            {
            }

            internal abstract void Move(Device? device, ScalarType? type);
        }
    }
}

/// <summary>Moving modules; each returns the module given.</summary>
public static class ModuleExtensionMethods
{
    /// <summary>Moves parameters and buffers to a device.</summary>
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false) where T : torch.nn.Module => Move(module, device, null);

    /// <summary>Converts floating-point parameters and buffers to a type.</summary>
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module => Move(module, null, type);

    private static T Move<T>(T module, torch.Device? device, torch.ScalarType? type) where T : torch.nn.Module
    {
        module.Move(device, type);
        return module;
    }
}
