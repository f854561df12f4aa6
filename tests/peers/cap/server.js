// Fills the sets with the rows of the JSON file that CDP_PEER_ROWS names: rows by entity.
const cds = require("@sap/cds");
const { readFileSync } = require("node:fs");

cds.once("served", async () => {
  const sets = JSON.parse(readFileSync(process.env.CDP_PEER_ROWS, "utf-8"));
  for (const [entity, rows] of Object.entries(sets)) {
    await cds.run(cds.ql.INSERT.into(entity).entries(rows));
  }
});

module.exports = cds.server;
