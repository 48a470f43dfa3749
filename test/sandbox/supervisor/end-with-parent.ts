// Preloaded into programs that know nothing of a parent: they end properly when it is gone, as a service would be stopped.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
});
// Listening must not keep the program running.
process.channel?.unref();
