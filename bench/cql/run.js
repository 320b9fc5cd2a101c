// Answers the rules of an ELM library about bundles, and says how long it took; start and first bundles are not counted.
const cql = require("cql-execution"), fhir = require("cql-exec-fhir"), fs = require("fs");
const elm = JSON.parse(fs.readFileSync(process.argv[2])), bundles = JSON.parse(fs.readFileSync(process.argv[3]));
(async () => {
  const library = new cql.Library(elm), code = new cql.CodeService({});
  const answer = async (given) => {
    const source = fhir.PatientSource.FHIRv401();
    source.loadBundles(given);
    return (await new cql.Executor(library, code).exec(source)).patientResults;
  };
  await answer(bundles.slice(0, 20));
  const start = process.hrtime.bigint();
  const found = await answer(bundles);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const yes = {};
  for (const one of Object.values(found)) for (const [k, v] of Object.entries(one)) if (v === true) yes[k] = (yes[k] || 0) + 1;
  console.log(JSON.stringify({ people: Object.keys(found).length, seconds, yes }));
})();
