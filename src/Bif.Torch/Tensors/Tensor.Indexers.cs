using System.Runtime.CompilerServices;
using Bif.Native;

namespace TorchSharp;

// Square brackets. Places and ranges give views; tensors of places or masks give copies, and writing goes to the places.
public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Part of the tensor, as PyTorch's square brackets select it.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => index_put_(value, [i1]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, [i1, i2]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, [i1, i2, i3]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => index_put_(value, [i1, i2, i3, i4]);
        }

        /// <summary>Part of the tensor, as PyTorch's square brackets select it.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (view, lookups) = View(indices);
            return (lookups.Length == 0 ? view.alias() : view.index(lookups!)).MoveToOuterDisposeScope();
        }

        /// <summary>The elements at places, one tensor of places or one mask per dimension.</summary>
        public Tensor index(params Tensor[] indices) => Operator.Call("aten::index.Tensor", this, Argument.Optional(indices));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);
        public Tensor index_put_(Scalar value, params TensorIndex[] indices) => Put(value, tensor => index_put_(tensor, indices, false));
        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);
        public Tensor index_put_(Scalar value, params Tensor[] indices) => Put(value, tensor => index_put_(tensor, indices, false));
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => Operator.CallInPlace("aten::index_put_", this, Argument.Optional(indices), value, accumulate);

        /// <summary>Writes (or adds) values to the selected part.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            using var scope = NewDisposeScope();
            var (view, lookups) = View(indices);
            if (lookups.Length > 0)
            {
                view.index_put_(value, lookups!, accumulate);
            }
            else if (accumulate)
            {
                view.add_(value);
            }
            else
            {
                view.copy_(value);
            }

            return this;
        }

        private Tensor Put(Scalar value, Action<Tensor> put)
        {
            using var scope = NewDisposeScope();
            put(full([], value, dtype, device));
            return this;
        }

        // Applies places, ranges and new dimensions as views; what is left are tensors of places, null where a dimension has
        // none. The caller's scope gets the intermediate views.
        private (Tensor View, Tensor?[] Lookups) View(TensorIndex[] indices)
        {
            var view = this;
            var lookups = new List<Tensor?>();
            var dimension = 0;
            for (var number = 0; number < indices.Length; number++)
            {
                var entry = indices[number];
                switch (entry.Kind)
                {
                    case TensorIndex.EntryKind.Single:
                        view = view.select(dimension, entry.Start ?? 0);
                        break;
                    case TensorIndex.EntryKind.Slice:
                        view = Operator.Call("aten::slice.Tensor", view, (long)dimension++, entry.Start, entry.Stop, entry.Step ?? 1);
                        break;
                    case TensorIndex.EntryKind.NewDimension:
                        view = view.unsqueeze(dimension++);
                        break;
                    case TensorIndex.EntryKind.Ellipsis:
                        dimension = (int)view.ndim - indices.Skip(number + 1).Sum(Consumed);
                        break;
                    default:
                        var values = entry.Values ?? tensor(new[] { entry.Start != 0 }, [], device: device);
                        view = entry.Values is null ? view.unsqueeze(dimension) : view;
                        values = entry.Values is null ? values.unsqueeze(0) : values.to(device);
                        lookups.AddRange(Enumerable.Repeat<Tensor?>(null, dimension - lookups.Count));
                        lookups.Add(values);
                        dimension += values.dtype is ScalarType.Bool or ScalarType.Byte ? (int)values.ndim : 1;
                        break;
                }
            }

            return (view, [.. lookups]);
        }

        // How many dimensions of the tensor an entry speaks of.
        private static int Consumed(TensorIndex entry) => entry.Kind switch
        {
            TensorIndex.EntryKind.NewDimension or TensorIndex.EntryKind.Boolean => 0,
            TensorIndex.EntryKind.Values when entry.Values!.dtype is ScalarType.Bool or ScalarType.Byte => (int)entry.Values.ndim,
            _ => 1,
        };
    }
}
