namespace Bif.Engine;

/// <summary>
/// Bad input from a person: a path, a file, a setting. The message is one sentence that says what is wrong, where, and
/// what to do; the command line prints it and exits with code 2, the web application shows it as it is.
/// </summary>
public class InputException : Exception
{
    /// <summary>Creates the error with its sentence.</summary>
    public InputException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with its sentence and what caused it.</summary>
    public InputException(string message, Exception inner) : base(message, inner)
    {
    }
}
