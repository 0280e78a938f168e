import { builtinModules } from "node:module";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What a browser runs too: it may not need Node at load time. */
const browserSafe = [
  "src/{graph,nn,attention,models,tasks}/**/*.ts",
  "src/{errors,index,random,record,special}.ts",
  "src/train/{loop,schedule,plan,events,metrics,safetensors,training-program,optimizer,program,progress,not-finite,breathe,checkpoint-tensors}.ts",
  "src/runtime/{backend,session,web,values}.ts",
  "src/data/{gunzip,idx,images}.ts",
  "src/study/{statistics,student-t,bootstrap,paired-test,holm}.ts",
];

const nodeModules = {
  group: ["node:*", ...builtinModules],
  message: "This file runs in browsers too; put what needs Node into a file of its own.",
};

export default defineConfig(
  globalIgnores(["dist/", "coverage/", "runs/", "bench/peers/*/node_modules/", "bench/peers/.venv/"]),
  {
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true },
    rules: {
      "max-lines": ["error", 300],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "off",
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      "no-useless-rename": "error",
      "no-else-return": "error",
      "no-constant-binary-expression": "error",
      "no-self-compare": "error",
      "no-unreachable-loop": "error",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: "latest", sourceType: "module" },
    rules: { "no-unused-vars": ["error", { ignoreRestSiblings: true, caughtErrors: "none" }] },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/ban-ts-comment": [
        "error",
        { "ts-check": true, "ts-expect-error": true, "ts-ignore": true, "ts-nocheck": true },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unnecessary-type-arguments": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-floating-promises": "error",
      // What an interface lets take time, an implementation may do at once.
      "@typescript-eslint/require-await": "off",
      // Interfaces here are of functions; the few classes keep their state in private fields.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    files: browserSafe,
    rules: {
      "no-restricted-imports": ["error", { patterns: [nodeModules] }],
      "no-restricted-globals": ["error", "process", "Buffer", "__dirname", "require"],
    },
  },
);
