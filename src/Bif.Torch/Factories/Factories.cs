using Bif.Native;

namespace TorchSharp;

// New tensors that follow others in shape and type, and tensors without data.
public static partial class torch
{
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::zeros_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::ones_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::empty_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::randn_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::full_like", requires_grad, input, value, dtype, Argument.None, device);

    private static Tensor Create(string name, bool requiresGrad, params ReadOnlySpan<Argument> arguments)
    {
        var created = Operator.Call(name, arguments);
        return requiresGrad ? created.requires_grad_() : created;
    }

    public partial class Tensor
    {
        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => torch.zeros_like(this, dtype, device, requires_grad);
        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => torch.ones_like(this, dtype, device, requires_grad);
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => torch.empty_like(this, dtype, device, requires_grad);
        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => torch.randn_like(this, dtype, device, requires_grad);
        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => torch.full_like(this, value, dtype, device, requires_grad);
        public Tensor new_zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::new_zeros", requires_grad, this, size, dtype, Argument.None, device);
    }
}
