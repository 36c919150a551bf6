namespace Bif.Web.Browsing;

/// <summary>A token, word, sentence or passage of a query.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Start">Where it begins in the passage, UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Text">Its characters.</param>
/// <param name="Tokens">Tokens in it.</param>
/// <param name="Loss">Their summed loss at the checkpoint, nats.</param>
public sealed record TextUnit(int Number, int Start, int End, string Text, int Tokens, float Loss);

/// <summary>A query's text in units.</summary>
public sealed record QueryText(int Query, string Passage, IReadOnlyList<TextUnit> Units);

/// <summary>A unit of the corpus that is related to what was asked.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Item">Index of the training item.</param>
/// <param name="Unit">Number of the unit in it.</param>
/// <param name="Before">What stands before it.</param>
/// <param name="Text">Its characters.</param>
/// <param name="After">What stands after it.</param>
/// <param name="Correlation">Posterior correlation; positive is helpful.</param>
/// <param name="CorrelationError">Its standard error.</param>
/// <param name="Bif">Minus covariance, nats²; negative is helpful.</param>
public sealed record RelatedUnit(
    int Rank, int Item, int Unit, string Before, string Text, string After, float Correlation, float CorrelationError, float Bif);

/// <summary>The most related units of the corpus.</summary>
/// <param name="Sign">How to read the scores.</param>
/// <param name="NoiseFree">Whether the scores are measured first-order covariances, without Monte Carlo noise.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best of all units; null where there is no noise.</param>
/// <param name="Candidates">Units of the corpus.</param>
/// <param name="Draws">Draws behind the scores.</param>
/// <param name="Units">The strongest.</param>
public sealed record RelatedAnswer(string Sign, bool NoiseFree, double? NoiseFloor, int Candidates, int Draws, IReadOnlyList<RelatedUnit> Units);

/// <summary>A passage of the training data in a ranking.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Item">Index of the training item.</param>
/// <param name="Best">Number of its strongest unit; −1 where passages are ranked as wholes.</param>
/// <param name="BestCorrelation">Of that unit.</param>
/// <param name="BestError">Its standard error.</param>
/// <param name="Correlation">Of the passage as a whole.</param>
/// <param name="CorrelationError">Its standard error.</param>
/// <param name="Bif">Of the passage as a whole: the sum over its units, nats²; negative is helpful.</param>
public sealed record PassageEntry(
    int Rank, int Item, int Best, float BestCorrelation, float BestError, float Correlation, float CorrelationError, float Bif);

/// <summary>A page of ranked passages.</summary>
/// <param name="Sign">How to read the scores.</param>
/// <param name="NoiseFree">Whether the scores are measured first-order covariances, without Monte Carlo noise.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best of all that were compared; null where there is no noise.</param>
/// <param name="Candidates">How many were compared.</param>
/// <param name="Total">Passages that match.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="Pages">Number of pages, at least 1.</param>
/// <param name="Passages">The passages.</param>
public sealed record PassagesAnswer(
    string Sign, bool NoiseFree, double? NoiseFloor, int Candidates, int Total, int Page, int Pages, IReadOnlyList<PassageEntry> Passages);

/// <summary>Scores of one query unit against the units of one training item.</summary>
public sealed record ItemShades(int Item, float[] Correlation, float[] CorrelationError, float[] Bif);

/// <summary>A part of the matrix of a query and a training item: row after row, a row per query unit.</summary>
/// <param name="Rows">Query units in this part.</param>
/// <param name="Columns">Units of the item in this part.</param>
/// <param name="AllRows">Query units in all.</param>
/// <param name="AllColumns">Units of the item in all.</param>
/// <param name="Correlation">Posterior correlations; positive is helpful.</param>
/// <param name="CorrelationError">Their standard errors.</param>
/// <param name="Bif">Minus covariances, nats²; negative is helpful.</param>
public sealed record MatrixPart(
    int Rows, int Columns, int AllRows, int AllColumns, float[] Correlation, float[] CorrelationError, float[] Bif);
