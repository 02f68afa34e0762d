// Leaves out of @privy-io/js-sdk-core what signing in never reaches: wallets of its own, chains, funding, phone books.
// The SDK is one module, so that a bundler cannot: its main class refers to all of it. Each stand-in throws when it is
// called after all; one that lacks a name which another version of the SDK imports fails the build.

const unreachable = `const unreachable = () => { throw new Error("The sign-in page leaves this part out.") };`;
const exported = (local, names) => `export { ${names.map((name) => `${local} as ${name}`).join(", ")} };`;
const functions = (...names) => unreachable + exported("unreachable", names);
const constants = (value, ...names) => `const value = ${value};` + exported("value", names);

// Module -> what stands in for it. What runs while the SDK loads must not throw; what only wallets call does.
const STAND_INS = new Map([
  ["viem", functions("createPublicClient", "formatEther", "formatUnits", "http", "toHex")],
  ["viem/chains", constants("{}", "tempo", "tempoModerato")],
  [
    "@privy-io/ethereum",
    functions(
      "isTempoTransactionRequest",
      "normalizeViemPreparedTempoTransaction",
      "toViemTempoTransactionSerializable",
      "toViemTransactionSerializable",
    ) + constants("{}", "STRING_TO_NUMBER_TXN_TYPE", "TEMPO_TXN_TYPE_NUMBER"),
  ],
  [
    "@privy-io/chains",
    constants(
      "{}",
      ..."arbitrum arbitrumSepolia avalanche avalancheFuji base baseSepolia celo mainnet monadMainnet".split(" "),
      ..."optimism optimismSepolia polygon polygonAmoy sepolia".split(" "),
    ) + "export const DEFAULT_SUPPORTED_CHAINS = []; export const dedupeSupportedChains = (chains) => chains;",
  ],
  ["@privy-io/encoding", constants("{}", "encoding")],
  ["canonicalize", `${unreachable} export default unreachable;`],
  [
    "libphonenumber-js/min",
    functions(
      "AsYouType",
      "getCountryCallingCode",
      "getExampleNumber",
      "isPossiblePhoneNumber",
      "parsePhoneNumberFromString",
    ) + "export const getCountries = () => [];",
  ],
  ["libphonenumber-js/examples.mobile.json", "export default {};"],
  // One schema in @privy-io/api-base, of which the SDK uses an enum only.
  ["zod", "const schema = new Proxy(() => schema, { get: () => schema }); export { schema as z };"],
]);
const MARK = "\0only-sign-in:";

/** A plugin for Vite; every other importer gets the real modules. */
export function onlySignIn() {
  return {
    name: "only-sign-in",
    enforce: "pre",
    resolveId(module, importer) {
      const place = [...STAND_INS.keys()].indexOf(module);
      return place >= 0 && /[\\/]@privy-io[\\/]/.test(importer ?? "") ? MARK + place : null;
    },
    load(id) {
      if (!id.startsWith(MARK)) return null;
      return { code: [...STAND_INS.values()][Number(id.slice(MARK.length))], moduleSideEffects: false };
    },
  };
}
