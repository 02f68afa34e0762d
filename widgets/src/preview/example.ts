// Arguments to begin with, from a tool's schema: what is required, as plainly as its type allows.

import { fieldsOf, isFields, type Fields } from "./values";

export function exampleOf(schema: unknown): Fields {
  const value = valueOf(fieldsOf(schema), fieldsOf(fieldsOf(schema).$defs), 0);
  return isFields(value) ? value : {};
}

function valueOf(given: Fields, defs: Fields, depth: number): unknown {
  const schema = typeof given.$ref === "string" ? fieldsOf(defs[given.$ref.replace("#/$defs/", "")]) : given;
  const { examples, enum: choices, anyOf, properties, required } = schema;
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(anyOf) && depth < 8) return valueOf(fieldsOf(anyOf[0]), defs, depth + 1);
  switch (schema.type) {
    case "object": {
      if (depth >= 8) return {};
      const needed = Array.isArray(required) ? required.map(String) : [];
      return Object.fromEntries(needed.map((name) => [name, valueOf(fieldsOf(fieldsOf(properties)[name]), defs, depth + 1)]));
    }
    case "array":
      return [];
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return false;
    case "string":
      return "example";
    default:
      return null;
  }
}
