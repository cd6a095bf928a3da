// Makes the replica set of one member, unless it is there; waits until it can be written to.
try {
  rs.status();
} catch (missing) {
  if (missing.codeName !== "NotYetInitialized") throw missing;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!db.hello().isWritablePrimary) sleep(100);
