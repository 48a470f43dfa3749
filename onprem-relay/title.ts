// Before anything reads it: as a service the relay has a console without a title, and Node before 24.16 ends when it is asked for
// that (nodejs/node issue 58695). Libraries that copy what `process` has ask for everything.
if (process.platform === 'win32') process.title = 'lockstep-relay';
