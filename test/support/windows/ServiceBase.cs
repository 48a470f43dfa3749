// The part of System.ServiceProcess.ServiceBase that the wrapper uses, with a service manager that takes its orders from standard
// input and says each state on standard output. It allows what the documentation of the class allows, and no more.
using System;
using System.Threading;

namespace System.ServiceProcess
{
    public class ServiceBase
    {
        readonly ManualResetEvent ended = new ManualResetEvent(false);
        volatile string state = "stopped";

        public string ServiceName { get; set; }
        public bool CanShutdown { get; set; }

        protected virtual void OnStart(string[] arguments) { }
        protected virtual void OnStop() { }
        protected virtual void OnShutdown() { }

        // "If the service is not in a pending state": InvalidOperationException.
        public void RequestAdditionalTime(int milliseconds)
        {
            if (!state.EndsWith("-pending")) throw new InvalidOperationException("The service is " + state + ".");
        }

        public void Stop()
        {
            To("stop-pending");
            OnStop();
            End();
        }

        public static void Run(ServiceBase service)
        {
            service.To("start-pending");
            service.OnStart(new string[0]);
            service.To("running");
            new Thread(service.TakeOrders) { IsBackground = true }.Start();
            service.ended.WaitOne();
        }

        void TakeOrders()
        {
            switch (Console.In.ReadLine())
            {
                case "stop":
                    Stop();
                    break;
                case "shutdown":
                    try
                    {
                        OnShutdown();
                    }
                    catch (Exception error)
                    {
                        // As the class does: it is written to the event log, and the service is over.
                        Console.Out.WriteLine("fault " + error.Message);
                    }
                    End();
                    break;
            }
        }

        void End()
        {
            To("stopped");
            ended.Set();
        }

        void To(string next)
        {
            state = next;
            Console.Out.WriteLine(next);
        }
    }
}
