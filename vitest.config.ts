import { defineConfig, type ViteUserConfig } from 'vitest/config';

// One project a kind of test. Integration and end-to-end files start processes of their own, so they run a few at a
// time: two cores serve two of them well, and a third only makes each slower.
const setupFiles = ['./test/support/property-seed.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], setupFiles, testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          setupFiles,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
  },
});
export default config;
