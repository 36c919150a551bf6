using System.Globalization;
using System.Reflection;

namespace Bif.Torch.Tests.Api;

/// <summary>
/// An assembly's public members as text, one line each with names, types, order and defaults of parameters: what calling
/// code compiles against. Types are written by their names, so that two assemblies can be compared.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The lines of all public members.</summary>
    public static HashSet<string> Of(Assembly assembly) => [.. assembly.GetTypes().Where(IsPublic).SelectMany(type => Lines(type, Whole))];

    /// <summary>
    /// The lines of the public members of types with the given names, and each again without the optional parameters at
    /// its end: every form in which source code may call them.
    /// </summary>
    public static HashSet<string> Callable(Assembly assembly, IReadOnlySet<string> types) => [.. assembly.GetTypes()
        .Where(type => IsPublic(type) && types.Contains(type.FullName!))
        .SelectMany(type => Lines(type, Shortened))];

    /// <summary>The full names of the public types.</summary>
    public static HashSet<string> Types(Assembly assembly) => [.. assembly.GetTypes().Where(IsPublic).Select(type => type.FullName!)];

    private static bool IsPublic(Type type) => type.IsVisible && !type.Name.StartsWith('<');

    // A member inherited in one assembly may be declared in the other: both are callable alike.
    private static IEnumerable<string> Lines(Type type, Func<MethodBase, IEnumerable<string>> parameters)
    {
        var owner = Name(type);
        for (var level = type; level is not null && level.Namespace?.StartsWith("TorchSharp", StringComparison.Ordinal) == true; level = level.BaseType)
        {
            foreach (var method in level.GetMethods(Own).Where(method => method.GetBaseDefinition() == method))
            {
                foreach (var list in parameters(method))
                {
                    yield return $"{owner}.{method.Name}{Generic(method)}({list}) : {Name(method.ReturnType)}";
                }
            }

            foreach (var field in level.GetFields(Own))
            {
                yield return field.IsLiteral && type.IsEnum
                    ? $"{owner}.{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}"
                    : $"{owner}.{field.Name} : {Name(field.FieldType)}";
            }
        }

        foreach (var constructor in type.GetConstructors(Own & ~BindingFlags.Static))
        {
            foreach (var list in parameters(constructor))
            {
                yield return $"{owner}({list})";
            }
        }
    }

    private static string Generic(MethodInfo method) => method.IsGenericMethod ? $"<{method.GetGenericArguments().Length}>" : "";

    private static IEnumerable<string> Whole(MethodBase method) => [Parameters(method.GetParameters())];

    private static IEnumerable<string> Shortened(MethodBase method)
    {
        var all = method.GetParameters();
        var needed = all.Length - all.Reverse().TakeWhile(parameter => parameter.HasDefaultValue).Count();
        return Enumerable.Range(needed, all.Length - needed + 1).Select(count => Parameters(all.Take(count)));
    }

    private static string Parameters(IEnumerable<ParameterInfo> parameters) => string.Join(", ", parameters.Select(parameter =>
        $"{(parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Name(parameter.ParameterType)} {parameter.Name}{Default(parameter)}"));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? ""
        : $" = {(parameter.RawDefaultValue is null ? "default" : Convert.ToString(parameter.RawDefaultValue, CultureInfo.InvariantCulture))}";

    private static string Name(Type type) => type switch
    {
        { IsByRef: true } => Name(type.GetElementType()!) + "&",
        { IsArray: true } => Name(type.GetElementType()!) + "[]",
        { IsGenericParameter: true } => type.Name,
        { IsGenericType: true } => $"{(type.GetGenericTypeDefinition().FullName ?? type.Name).Split('[')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => type.FullName ?? type.Name,
    };
}
