using System.Xml.Linq;
using Xunit;

namespace Bif.Cli.Tests;

public sealed class ArchitectureTests
{
    // Torch ← Kernels ← Engine ← Data ← Web; Engine ← Cli.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Bif.Torch"] = [],
        ["Bif.Kernels"] = ["Bif.Torch"],
        ["Bif.Engine"] = ["Bif.Kernels", "Bif.Torch"],
        ["Bif.Data"] = ["Bif.Engine"],
        ["Bif.Web"] = ["Bif.Data", "Bif.Engine", "Bif.Kernels", "Bif.Torch"],
        ["Bif.Cli"] = ["Bif.Engine", "Bif.Kernels", "Bif.Torch"],
    };

    [Fact]
    public void Projects_refer_only_in_the_allowed_direction()
    {
        var projects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.NotEmpty(projects);
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var document = XDocument.Load(project);
            var references = document.Descendants("ProjectReference").Select(each => Path.GetFileNameWithoutExtension((string)each.Attribute("Include")!.Value.Replace('\\', '/')))
                .Concat(document.Descendants("UsesTorch").Any(each => each.Value == "true") ? ["Bif.Torch"] : []);
            Assert.All(references, reference => Assert.Contains(reference, Allowed[name]));
        }
    }

    [Fact]
    public void Assemblies_refer_only_in_the_allowed_direction()
    {
        foreach (var name in new[] { "Bif.Torch", "Bif.Kernels", "Bif.Engine" })
        {
            var references = System.Reflection.Assembly.Load(name).GetReferencedAssemblies().Select(each => each.Name!).Where(each => each.StartsWith("Bif.", StringComparison.Ordinal));
            Assert.All(references, reference => Assert.Contains(reference, Allowed[name]));
        }
    }

    [Fact]
    public void Every_package_is_listed_with_its_licence()
    {
        var listed = File.ReadAllText(Path.Combine(Repository.Root, "docs", "licences.md"));
        var packages = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(each => each.Attribute("Include")!.Value);
        Assert.All(packages, package => Assert.Contains(package, listed, StringComparison.Ordinal));
    }
}
