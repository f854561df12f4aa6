"""A notebook for analysts: from gold to a chart, read-only, while everything else runs.

`marimo edit docs/notebooks/gold.py -- --workspace pipelines/demo` opens it, `marimo run` shows it
without its code. It needs `pip install cdp[notebook]`.
"""

import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo

    workspace = mo.cli_args().get("workspace") or "."
    mo.md(f"# From gold to a chart\n\nWorkspace `{workspace}`")
    return mo, workspace


@app.cell
def _(workspace):
    from pathlib import Path

    from cdp.store import goldfile, manifest

    home = Path(workspace).resolve() / ".cdp"
    described = manifest.current(home)
    if described is None:
        msg = f"nothing is published in {workspace}; run `cdp run` first"
        raise SystemExit(msg)
    path = described.path(home, "gold")

    def query(sql):
        """Return the result of a query on the published generation as a polars frame."""
        with goldfile.reading(path) as connection:
            return connection.sql(sql).pl()

    return described, query


@app.cell
def _(described, mo):
    mo.md(
        f"Generation {described.generation}, seen from {described.as_of}. "
        "What there is: `docs/data-dictionary.md`."
    )
    return


@app.cell
def _(query):
    months = query(
        """
        select
            date_trunc('month', ordered_at)::date as month,
            currency,
            count(*) as orders,
            count(distinct coalesce(profile_id, account_id)) as customers,
            sum(amount)::double as revenue
        from orders
        where status <> 'cancelled' and duplicate_of is null
        group by month, currency
        order by month, currency
        """
    )
    months
    return (months,)


@app.cell
def _(months):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
    for (currency,), rows in months.group_by("currency", maintain_order=True):
        axes.plot(rows["month"], rows["revenue"], marker="o", label=currency)
    axes.set(title="Revenue by month", ylabel="revenue", ylim=(0, None))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    figure
    return (figure,)


@app.cell
def _(query):
    segments = query(
        """
        select
            m.segment,
            count(*) as members,
            count(*) filter (where c.email_marketing = 'granted') as may_be_written_to,
            round(avg(c.revenue_365d), 2)::double as mean_revenue_365d
        from segment_membership as m
        inner join customer_360 as c using (profile_id)
        group by m.segment
        order by members desc, m.segment
        """
    )
    segments
    return (segments,)


if __name__ == "__main__":
    app.run()
