namespace Bif.Engine.Tokenizers;

/// <summary>A token of a word and its range of UTF-16 units in it.</summary>
internal record struct WordToken(int Id, int Start, int End);
