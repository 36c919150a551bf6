using Bif.Data.Entities;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bif.Data;

/// <summary>The database. Columns are snake_case; constraints carry the names that the scripts give them.</summary>
public sealed class BifContext(DbContextOptions<BifContext> options) : DbContext(options)
{
    /// <summary>Attribution runs.</summary>
    public DbSet<Run> Runs => Set<Run>();

    /// <summary>Their chains.</summary>
    public DbSet<Chain> Chains => Set<Chain>();

    /// <summary>Their scores.</summary>
    public DbSet<QueryScores> Scores => Set<QueryScores>();

    /// <summary>Queries asked of finished runs.</summary>
    public DbSet<AddedQuery> AddedQueries => Set<AddedQuery>();

    /// <summary>Work ordered on finished runs.</summary>
    public DbSet<RunTask> Tasks => Set<RunTask>();

    /// <summary>Scores of comparison methods.</summary>
    public DbSet<MethodScores> MethodScores => Set<MethodScores>();

    /// <summary>Shared snapshots.</summary>
    public DbSet<Report> Reports => Set<Report>();

    /// <summary>Pictures of shared snapshots.</summary>
    public DbSet<ReportImage> ReportImages => Set<ReportImage>();

    /// <summary>Scores between the texts of reports.</summary>
    public DbSet<ReportHeat> ReportTexts => Set<ReportHeat>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Run>(run =>
        {
            run.ToTable("runs", table => table.HasCheckConstraint(
                "ck_runs_state", "state in ('queued','preparing','sampling','estimating','finished','cancelled','failed')"));
            run.HasKey(each => each.Id).HasName("pk_runs");
            run.Property(each => each.Id).ValueGeneratedNever();
            run.HasIndex(each => each.CreatedAt).HasDatabaseName("ix_runs_created_at");
            Json(run, nameof(Run.Spec), nameof(Run.Record), nameof(Run.TrainItems), nameof(Run.QueryItems));
        });
        modelBuilder.Entity<Chain>(chain =>
        {
            chain.ToTable("chains", table => table.HasCheckConstraint(
                "ck_chains_state", "state in ('queued','running','completed','interrupted','diverged','failed')"));
            chain.HasKey(each => new { each.RunId, each.Index }).HasName("pk_chains");
            chain.Property(each => each.Index).HasColumnName("chain");
            chain.HasOne<Run>().WithMany(run => run.Chains).HasForeignKey(each => each.RunId).HasConstraintName("fk_chains_runs");
        });
        modelBuilder.Entity<QueryScores>(scores =>
        {
            scores.ToTable("scores");
            scores.HasKey(each => new { each.RunId, each.Query }).HasName("pk_scores");
            scores.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).HasConstraintName("fk_scores_runs");
        });
        modelBuilder.Entity<AddedQuery>(query =>
        {
            query.ToTable("added_queries", table => table.HasCheckConstraint("ck_added_queries_state", "state in ('queued','running','finished','failed','cancelled')"));
            query.HasKey(each => new { each.RunId, each.Query }).HasName("pk_added_queries");
            query.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).HasConstraintName("fk_added_queries_runs");
        });
        modelBuilder.Entity<RunTask>(task =>
        {
            task.ToTable("tasks", table =>
            {
                table.HasCheckConstraint("ck_tasks_kind", "kind in ('comparison','removal','quality','response')");
                table.HasCheckConstraint("ck_tasks_state", "state in ('queued','running','finished','failed','cancelled')");
            });
            task.HasKey(each => new { each.RunId, each.Task }).HasName("pk_tasks");
            task.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).HasConstraintName("fk_tasks_runs");
            Json(task, nameof(RunTask.Input), nameof(RunTask.Result));
        });
        modelBuilder.Entity<MethodScores>(scores =>
        {
            scores.ToTable("method_scores");
            scores.HasKey(each => new { each.RunId, each.Method, each.Query }).HasName("pk_method_scores");
            scores.HasOne<Run>().WithMany().HasForeignKey(each => each.RunId).HasConstraintName("fk_method_scores_runs");
        });
        modelBuilder.Entity<Report>(report =>
        {
            report.ToTable("reports");
            report.HasKey(each => each.Id).HasName("pk_reports");
            report.Property(each => each.Id).ValueGeneratedNever();
            report.HasAlternateKey(each => each.TokenHash).HasName("uq_reports_token_hash");
            Json(report, nameof(Report.Content));
        });
        modelBuilder.Entity<ReportImage>(image =>
        {
            image.ToTable("report_images");
            image.HasKey(each => new { each.ReportId, each.Name }).HasName("pk_report_images");
            image.HasOne<Report>().WithMany().HasForeignKey(each => each.ReportId).HasConstraintName("fk_report_images_reports");
        });
        modelBuilder.Entity<ReportHeat>(heat =>
        {
            heat.ToTable("report_texts");
            heat.HasKey(each => each.ReportId).HasName("pk_report_texts");
            heat.Property(each => each.ReportId).ValueGeneratedNever();
            heat.HasOne<Report>().WithMany().HasForeignKey(each => each.ReportId).HasConstraintName("fk_report_texts_reports");
        });
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            if (property.FindAnnotation("Relational:ColumnName") is null)
            {
                property.SetColumnName(SnakeCase(property.Name));
            }
        }
    }

    private static void Json<T>(EntityTypeBuilder<T> entity, params string[] properties) where T : class
        => Array.ForEach(properties, property => entity.Property(property).HasColumnType("jsonb"));

    private static string SnakeCase(string name) => string.Concat(
        name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
