namespace Bif.Engine.Downloads;

/// <summary>Data sets that can be asked for by name, with their homes and published checksums.</summary>
public static class KnownData
{
    private const string Toronto = "https://www.cs.toronto.edu/~kriz/";
    private const string Mnist = "https://ossci-datasets.s3.amazonaws.com/mnist/";
    private const string Stories = "roneneldan/TinyStories";

    /// <summary>The names, each with a sentence about it.</summary>
    public static IReadOnlyList<(string Name, string About)> All { get; } =
    [
        ("cifar10", "60,000 pictures in 10 classes, 170 MB; Krizhevsky 2009, for research"),
        ("cifar100", "60,000 pictures in 100 classes, 169 MB; Krizhevsky 2009, for research"),
        ("mnist", "70,000 handwritten digits, 12 MB; LeCun, CC BY-SA 3.0"),
        ("tinystories", "2.1 million short stories, 1.9 GB; Eldan and Li 2023, CDLA-Sharing-1.0"),
        ("tinystories-valid", "their validation part alone, 19 MB"),
        ("tinyshakespeare", "40,000 lines of Shakespeare, 1 MB; public domain"),
    ];

    internal static async Task<DownloadPlan?> Plan(string name, DownloadSettings settings, HubRepository hub, CancellationToken cancellation)
    {
        var about = All.FirstOrDefault(each => each.Name == name).About;
        DownloadPlan Of(params IReadOnlyList<RemoteFile> files) => new(name, name, about, files);
        RemoteFile File(string home, Checksum checksum, string? called = null, IReadOnlyList<string>? members = null) =>
            new(settings.Data(home), called ?? home[(home.LastIndexOf('/') + 1)..], null, checksum, members);
        return name switch
        {
            "cifar10" => Of(File(Toronto + "cifar-10-binary.tar.gz", new("md5", "c32a1d4ab5d03f1284b67883e8d87530"), null,
                [.. Enumerable.Range(1, 5).Select(batch => $"cifar-10-batches-bin/data_batch_{batch}.bin"), "cifar-10-batches-bin/test_batch.bin", "cifar-10-batches-bin/batches.meta.txt"])),
            "cifar100" => Of(File(Toronto + "cifar-100-binary.tar.gz", new("md5", "03b5dce01913d631647c71ecec9e9cb8"), null,
                [.. new[] { "train.bin", "test.bin", "fine_label_names.txt" }.Select(member => "cifar-100-binary/" + member)])),
            "mnist" => Of(
                File(Mnist + "train-images-idx3-ubyte.gz", new("md5", "f68b3c2dcbeaaa9fbdd348bbdeb94873")),
                File(Mnist + "train-labels-idx1-ubyte.gz", new("md5", "d53e105ee54ea40749a09fcbcd1e9432")),
                File(Mnist + "t10k-images-idx3-ubyte.gz", new("md5", "9fb629c4189551a2d022fa330f9573f3")),
                File(Mnist + "t10k-labels-idx1-ubyte.gz", new("md5", "ec29112dd5afa0611ce80d1b7f02629c"))),
            "tinyshakespeare" => Of(File("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                new("sha256", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"), "tinyshakespeare.txt")),
            "tinystories" => await hub.Files(name, about, Stories, ["TinyStories-valid.txt", "TinyStories-train.txt"], cancellation),
            "tinystories-valid" => await hub.Files(name, about, Stories, ["TinyStories-valid.txt"], cancellation),
            _ => null,
        };
    }
}
