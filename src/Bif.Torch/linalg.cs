using Bif.Native;
using static Bif.Native.Operator;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Linear algebra over the last two dimensions; the ones before are batches.</summary>
    public static class linalg
    {
        /// <summary>Which factors a QR decomposition returns.</summary>
        public enum QRMode
        {
            Reduced = 0,
            Complete = 1,
            R = 2,
        }

        public static Tensor cholesky(Tensor input) => Call("aten::linalg_cholesky", input);

        /// <summary>Eigenvalues in ascending order [n] and eigenvectors as columns [n, n] of a symmetric matrix.</summary>
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') => CallTwo("aten::linalg_eigh", input, UPLO.ToString());
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') => Call("aten::linalg_eigvalsh", input, UPLO.ToString());
        public static Tensor inv(Tensor input) => Call("aten::linalg_inv", input);

        /// <summary>Solution, residuals, rank and singular values of the least-squares problem; the last three are empty where the solver has none.</summary>
        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input, Tensor other) => CallFour("aten::linalg_lstsq", input, other);
        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input, Tensor other, double rcond) => CallFour("aten::linalg_lstsq", input, other, rcond);
        public static Tensor matrix_norm(Tensor input, string ord = "fro", long[]? dims = null, bool keepdim = false) => Call("aten::linalg_matrix_norm.str_ord", input, ord, dims ?? [-2, -1], keepdim);
        public static Tensor matrix_norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_matrix_norm", input, ord, dims ?? [-2, -1], keepdim);
        public static Tensor norm(Tensor input, string ord, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_norm.ord_str", input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_norm", input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, int ord, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_norm", input, (long)ord, dims, keepdim);
        public static Tensor norm(Tensor input, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_norm", input, Argument.None, dims, keepdim);
        public static Tensor pinv(Tensor input, double? atol = null, double? rtol = null, bool hermitian = false) => Call("aten::linalg_pinv.atol_rtol_float", input, atol, rtol, hermitian);
        public static (Tensor Q, Tensor R) qr(Tensor input, QRMode mode = QRMode.Reduced) => CallTwo("aten::linalg_qr", input, mode switch { QRMode.Complete => "complete", QRMode.R => "r", _ => "reduced" });
        public static (Tensor, Tensor) slogdet(Tensor input) => CallTwo("aten::linalg_slogdet", input);
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Call("aten::linalg_solve", A, B, left);
        public static Tensor solve_triangular(Tensor A, Tensor B, bool upper, bool left = true, bool unitriangular = false) => Call("aten::linalg_solve_triangular", A, B, upper, left, unitriangular);
        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true) => CallThree("aten::linalg_svd", input, fullMatrices);
        public static Tensor svdvals(Tensor input) => Call("aten::linalg_svdvals", input);
        public static Tensor vector_norm(Tensor input, double ord = 2.0, long[]? dims = null, bool keepdim = false) => Call("aten::linalg_vector_norm", input, ord, dims, keepdim);
    }
}
