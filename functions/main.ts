// The entry point that `main` in package.json names, once bundled. Each import registers its functions with the host.
import './admin/plans.function.ts';
import './admin/preflight.function.ts';
import './admin/preview.function.ts';
import './admin/rebuild.function.ts';
import './admin/status.function.ts';
import './admin/sync-object.function.ts';
import './intake/intake.function.ts';
import './sync/sync.function.ts';
import './telemetry/telemetry.function.ts';
