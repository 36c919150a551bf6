using Bif.Native;

namespace TorchSharp;

// Filling with random numbers, from a generator or the device's default one.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Operator.CallInPlace("aten::normal_", this, mean, std, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) => Operator.CallInPlace("aten::uniform_", this, from, to, generator);
        public Tensor bernoulli(Generator? generator = null) => Operator.Call("aten::bernoulli", this, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Operator.CallInPlace("aten::bernoulli_.float", this, p, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => Operator.CallInPlace("aten::bernoulli_.Tensor", this, p, generator);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) => Operator.Call("aten::multinomial", this, num_samples, replacement, generator);
    }
}
