// node main.mjs path/to/SET.json
import { check } from "./check.mjs";
import { resize } from "./linear.mjs";

process.exit(check(process.argv[2], resize) ? 0 : 1);
